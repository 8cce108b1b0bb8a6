import { describe, expect, test } from 'vitest';
import { compareSource } from '../../src/couch2pg/index.js';
import { listParked, tableNames } from '../../src/postgres/index.js';
import { createTestCouchDb, type TestCouchDatabase } from '../support/couchdb.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { provoke } from '../support/provoke.js';
import { comparison, shown, sourceName, synced } from './comparison.js';
import { follow, stored, type Following } from './follow.js';

const soon = { timeout: 30_000, interval: 50 };
const pauses = { firstMs: 50, longestMs: 300, lookMs: 200 };

/** A source of 60 documents and a few tombstones, in CouchDB and in the table. */
async function scene() {
  const couchdb = await createTestCouchDb();
  const database = await createTestDatabase();
  const source = await couchdb.createDatabase();
  await source.write(...Array.from({ length: 60 }, (_, n) => ({ _id: `d${String(n).padStart(2, '0')}`, n })));
  for (const id of ['d50', 'd51', 'd52']) await source.remove(id);
  await synced(couchdb, database, source);
  const sides = comparison(couchdb, database, source);
  return {
    ...{ couchdb, database, source },
    follow: () => follow(couchdb, database, [source], { pauses }),
    differences: () => shown(compareSource(sides)),
    [Symbol.asyncDispose]: async () => {
      await sides[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
      await couchdb[Symbol.asyncDispose]();
    },
  };
}

async function untilMended(
  { couch2pg }: Following,
  { database, source }: { database: TestDatabase; source: TestCouchDatabase },
  kind: 'recreated' | 'restored' | 'renumbered' | 'purged',
): Promise<void> {
  await expect
    .poll(() => couch2pg.status()[0], soon)
    .toMatchObject({ state: 'live', regressions: { [kind]: 1 }, error: null });
  await expect
    .poll(async () => Object.fromEntries(await stored(database, source.name)), soon)
    .toEqual(Object.fromEntries(await source.all()));
}

async function regressionStored({ pool }: TestDatabase): Promise<string | null | undefined> {
  const { rows } = await pool.query<{ regression: string | null }>('SELECT regression FROM v1.couchdb_progress');
  return rows[0]?.regression;
}

const onEmbedded = process.env.COUCHDB_TEST_URL === undefined;

describe.each(['at the start', 'while it runs'] as const)('a regression that is noticed %s', (when) => {
  /** Lets something happen to the database, before couch2pg is started or while it is live. */
  async function regressed(
    of: Awaited<ReturnType<typeof scene>>,
    kind: Parameters<typeof untilMended>[2],
    happen: () => Promise<void>,
  ): Promise<void> {
    if (when === 'at the start') await happen();
    await using following = of.follow();
    if (when === 'while it runs') {
      await expect.poll(() => following.couch2pg.status()[0]?.state, soon).toBe('live');
      await happen();
    }
    await untilMended(following, of, kind);
    expect(await regressionStored(of.database)).toBeNull();
    expect(await of.differences()).toEqual([]);
    // It follows what comes after, too, and finds nothing wrong again.
    await of.source.write({ _id: 'after', n: 1 });
    await untilMended(following, of, kind);
  }

  test('purged documents leave the models, and those purged in part show what is left of them', async () => {
    await using of = await scene();
    const { source, database } = of;
    const base = { _revisions: { start: 2, ids: ['b', 'a'] } };
    await source.replicate({ _id: 'split', _rev: '2-b', ...base, side: 'left' });
    await source.replicate({ _id: 'split', _rev: '2-c', _revisions: { start: 2, ids: ['c', 'a'] }, side: 'gone' });
    await synced(of.couchdb, database, source);
    await regressed(of, 'purged', async () => {
      await source.purge('d03');
      await source.purge('d51');
      await source.purge('split', '2-c');
    });
    const { rows } = await database.pool.query(
      `SELECT _deleted, last_doc->>'n' AS n FROM v1.couchdb WHERE _id = 'd03'`,
    );
    expect(rows).toEqual([{ _deleted: true, n: '3' }]);
  });

  test.runIf(onEmbedded)('more was purged than CouchDB remembers', async () => {
    await using of = await scene();
    await of.source.limitPurges(2);
    await regressed(of, 'purged', async () => {
      for (const id of ['d05', 'd06', 'd07', 'd08']) await of.source.purge(id);
      await of.source.compact();
    });
  });

  test('a database that was deleted and made anew', async () => {
    await using of = await scene();
    await regressed(of, 'recreated', async () => {
      await of.source.recreate();
      await of.source.write({ _id: 'd01', n: 'other' }, { _id: 'new', n: 1 });
    });
  });

  test.runIf(onEmbedded)('an older copy in its place, with as much written to it since as it has lost', async () => {
    await using of = await scene();
    const { couchdb, database, source } = of;
    await provoke(couchdb, 'snapshot', source.name, 'monday');
    await source.write({ _id: 'lost', n: 1 }, { ...(await source.get('d10')), n: 'lost edit' });
    await source.remove('d11');
    await synced(couchdb, database, source);
    await regressed(of, 'restored', async () => {
      await provoke(couchdb, 'restore', source.name, 'monday');
      await source.write(...Array.from({ length: 30 }, (_, n) => ({ _id: `since${n}`, n })));
    });
    expect((await stored(database, source.name)).get('d10')).toMatchObject({ n: 10 });
    expect((await stored(database, source.name)).has('d11')).toBe(true);
    expect((await stored(database, source.name)).has('lost')).toBe(false);
  });

  test.runIf(onEmbedded)('shards that were moved and number their changes anew', async () => {
    await using of = await scene();
    const { couchdb, source } = of;
    // Edits leave gaps in the numbers, which the moved shards do not have.
    for (let n = 0; n < 5; n += 1) await source.write({ ...(await source.get('d20')), n: `edit ${n}` });
    await synced(couchdb, of.database, source);
    await regressed(of, 'renumbered', () => provoke(couchdb, 'move-shards', source.name));
  });
});

test.runIf(onEmbedded)('parked revisions that CouchDB has lost are forgotten with what else it has lost', async () => {
  await using of = await scene();
  const { couchdb, database, source } = of;
  const poison = { ab: 1, 'a\0b': 2 };
  const parked = async () => (await listParked(database.pool, tableNames('v1', 'couchdb'))).map(({ id }) => id);
  await using following = of.follow();
  await source.write({ _id: 'stays', ...poison });
  await provoke(couchdb, 'snapshot', source.name, 'monday');
  await source.write({ _id: 'bad', ...poison }, { ...(await source.get('d10')), ...poison });
  await expect.poll(parked, soon).toEqual(['bad', 'd10', 'stays']);
  await source.purge('bad');
  await expect.poll(parked, soon).toEqual(['d10', 'stays']);
  await provoke(couchdb, 'restore', source.name, 'monday');
  await expect.poll(parked, soon).toEqual(['stays']);
  await expect.poll(() => following.couch2pg.status()[0]?.state, soon).toBe('live');
  expect(await of.differences()).toEqual(['parked stays']);
});

test('a regression that was noticed is mended after a crash in the middle of it', async () => {
  await using of = await scene();
  const { database, source } = of;
  await source.purge('d03');
  await database.pool.query(`UPDATE v1.couchdb_progress SET regression = 'restored'`);
  await using following = of.follow();
  await expect.poll(() => following.couch2pg.status()[0]?.state, soon).toBe('live');
  expect(await regressionStored(database)).toBeNull();
  expect(await of.differences()).toEqual([]);
});

test.runIf(onEmbedded)('a feed that is rewound is told of, and writes no row and wakes nobody', async () => {
  await using of = await scene();
  const { couchdb, database, source } = of;
  const listener = await database.pool.connect();
  const heard: string[] = [];
  listener.on('notification', ({ payload }) => heard.push(payload ?? ''));
  await listener.query('LISTEN cht_sync_change');
  const stamps = async () =>
    (await database.pool.query<object>('SELECT _id, saved_timestamp::text, xmin::text FROM v1.couchdb ORDER BY _id'))
      .rows;
  const before = await stamps();
  couchdb.embedded?.awkwardness.set({ rewinds: 1, rewindTo: 'start' });
  await using following = of.follow();
  await expect
    .poll(() => following.couch2pg.status()[0], soon)
    .toMatchObject({ state: 'live', unchanged: 60, regressions: { rewound: 1 } });
  expect(await stamps()).toEqual(before);
  await listener.query('SELECT 1');
  expect(heard).toEqual([]);
  listener.release();
  expect(following.couch2pg.status()[0]?.source).toBe(sourceName(couchdb, source));
});

test('a checkpoint whose sequence CouchDB does not take is mended by a comparison', async () => {
  await using of = await scene();
  const { database, source } = of;
  await source.write({ _id: 'since', n: 1 });
  await database.pool.query(`UPDATE v1.couchdb_progress SET seq = '17-of another kind', pending = 2147483647`);
  await using following = of.follow();
  await expect.poll(() => following.couch2pg.status()[0]?.state, soon).toBe('live');
  expect(await of.differences()).toEqual([]);
  await source.write({ _id: 'after', n: 1 });
  await expect.poll(async () => (await stored(database, source.name)).has('after'), soon).toBe(true);
});
