import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { feedIsSlow, runSnapshot, snapshotIsFaster, type SnapshotOptions } from '../../src/couch2pg/snapshot/index.js';
import { CouchDbClient, Database } from '../../src/couchdb/index.js';
import { createLog, Slots, systemClock } from '../../src/lib/index.js';
import { createPool, migrate, readSnapshot, tableNames } from '../../src/postgres/index.js';
import { createTestCouchDb, type TestCouchDatabase, type TestCouchDb, type TestDocument } from '../support/couchdb.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { follow } from './follow.js';

const soon = { timeout: 30_000, interval: 50 };
const log = createLog({ level: 'silent', format: 'json', secrets: [] });
const names = tableNames('v1', 'couchdb');

interface Loading {
  readonly couchdb: TestCouchDb;
  readonly database: TestDatabase;
  readonly source: TestCouchDatabase;
}

type Changed = Partial<SnapshotOptions> & { readonly abortAt?: number };

const nameOf = ({ couchdb, source }: Loading) => `${new URL(couchdb.url).hostname}/${source.name}`;

async function migrated(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await migrate({ pool: database.pool, family: 'documents', schema: 'v1', table: 'couchdb', log });
  return database;
}

/** A pool as couch2pg has it, which outlives its connections. */
function openPool({ connection }: TestDatabase) {
  const pool = createPool({ connection, applicationName: 'snapshot', max: 6, log });
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.end() });
}

/** Runs a snapshot in small pages; gives how many documents it has written, and why it ended if not by itself. */
async function load(
  loading: Loading,
  { abortAt, ...changed }: Changed = {},
): Promise<{ count: number; why?: unknown }> {
  const { couchdb, database, source } = loading;
  const client = new CouchDbClient({
    url: couchdb.url,
    credentials: { user: couchdb.user, password: couchdb.password },
  });
  const stop = new AbortController();
  let count = 0;
  try {
    await runSnapshot({
      ...{ database: new Database(client, source.name), pool: database.pool, schema: 'v1', table: 'couchdb' },
      ...{ source: nameOf(loading), readers: new Slots(4), pageRows: 7, heartbeatMs: 1_000, clock: systemClock, log },
      batch: { rows: 5, bytes: 100_000, lingerMs: 5 },
      signal: stop.signal,
      onProgress: ({ done, total }) => {
        expect(done).toBeLessThanOrEqual(total);
      },
      onWritten: ({ changes }) => {
        count += changes;
        if (abortAt !== undefined && count >= abortAt) stop.abort(new Error('told to stop'));
      },
      onReplaced: () => undefined,
      ...changed,
    });
    return { count };
  } catch (why) {
    return { count, why };
  } finally {
    await client.close();
  }
}

/** What the table holds of a source: revision, whether it is a tombstone, and the document, by id. */
async function rowsOf(database: TestDatabase, source: TestCouchDatabase): Promise<Record<string, unknown>> {
  const { rows } = await database.pool.query<{ id: string; row: unknown }>(
    `SELECT doc->>'_id' AS id, jsonb_build_array(_rev, _deleted, doc) AS row
     FROM v1.couchdb WHERE source LIKE '%/' || $1`,
    [source.name],
  );
  return Object.fromEntries(rows.map(({ id, row }) => [id, row]));
}

/** What the plain feed brings of a source into an empty table. */
async function rowsByFeed(couchdb: TestCouchDb, source: TestCouchDatabase): Promise<Record<string, unknown>> {
  await using database = await createTestDatabase();
  await using following = follow(couchdb, database, [source]);
  await expect.poll(() => following.couch2pg.status()[0]?.state, soon).toBe('live');
  return await rowsOf(database, source);
}

/** Follows the feed from where the snapshot has ended until the table is what the plain feed brings. */
async function expectWhatTheFeedBrings({ couchdb, database, source }: Loading): Promise<void> {
  const expected = await rowsByFeed(couchdb, source);
  await using _ = follow(couchdb, database, [source]);
  await expect.poll(() => rowsOf(database, source), soon).toEqual(expected);
}

const numbered = (count: number, prefix = 'd') =>
  Array.from({ length: count }, (_, n) => ({ _id: `${prefix}${n}`, n }));

describe('runSnapshot', () => {
  test('brings documents of every kind of id, and tombstones with their bodies, then leaves the rest to the feed', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await migrated();
    const source = await couchdb.createDatabase();
    const loading = { couchdb, database, source };
    const ids = [
      ...Array.from({ length: 60 }, () => randomUUID()),
      ...Array.from({ length: 60 }, (_, n) => `task~org.couchdb.user:jane~${n}`),
      ...['form:a', 'messages-en', 'org.couchdb.user:jane', 'ዓለም', '😀', '\ue000', 'Zoë', '_design/x', 'a\u0000b'],
    ];
    await source.write(...ids.map((_id) => (_id === '_design/x' ? { _id, views: {} } : { _id, of: _id })));
    await source.write(...numbered(30, 'gone'));
    for (const { _id } of numbered(30, 'gone')) {
      await source.write({ ...(await source.get(_id)), reason: 'merged', _deleted: true });
    }
    const { count, why } = await load(loading);
    expect(why).toBeUndefined();
    expect(count).toBeGreaterThanOrEqual(ids.length + 30);
    expect(await rowsOf(database, source)).toMatchObject({
      gone7: [expect.stringMatching(/^2-/), true, { n: 7, reason: 'merged' }],
    });
    expect(await readSnapshot(database.pool, names, nameOf(loading))).toBeUndefined();
    await source.write({ _id: 'later', n: 1 });
    await expectWhatTheFeedBrings(loading);
  });

  test('goes on in the middle after a stop, and reads nothing again that is written', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await migrated();
    const source = await couchdb.createDatabase();
    const loading = { couchdb, database, source };
    await source.write(...numbered(400));
    let written = 0;
    for (const abortAt of [60, 90, 120]) {
      const { count, why } = await load(loading, { abortAt });
      expect(why).toEqual(new Error('told to stop'));
      written += count;
    }
    const stored = await readSnapshot(database.pool, names, nameOf(loading));
    expect(stored?.ranges.reduce((sum, { documents }) => sum + documents, 0)).toBe(written);
    const first = await database.pool.query<{ stamps: string[] }>(
      'SELECT array_agg(saved_timestamp::text ORDER BY _id) AS stamps FROM v1.couchdb',
    );
    const { count } = await load(loading);
    // A range that was cut just when its reader went by may have been read twice there, by no more than a page.
    expect(written + count).toBeLessThan(400 + 2 * 7 * 4);
    const after = await database.pool.query<{ stamp: string }>('SELECT saved_timestamp::text AS stamp FROM v1.couchdb');
    expect(after.rows).toHaveLength(400);
    const kept = new Set(after.rows.map(({ stamp }) => stamp));
    expect(first.rows[0]?.stamps.every((stamp) => kept.has(stamp))).toBe(true);
    await expectWhatTheFeedBrings(loading);
  });

  test('a reader that fails ends it, and the next try goes on from what the others have written', async () => {
    await using couchdb = await createTestCouchDb();
    if (couchdb.embedded === undefined) return;
    await using database = await migrated();
    const source = await couchdb.createDatabase();
    const loading = { couchdb, database, source };
    await source.write(...numbered(300));
    couchdb.embedded.awkwardness.set({
      faults: [
        { path: 'include_docs=true.*start_key', times: 1, effect: { kind: 'cut', afterBytes: 400, terminated: true } },
      ],
    });
    const { count, why } = await load(loading);
    expect(why).toMatchObject({ code: 'COUCHDB_UNREACHABLE' });
    const second = await load(loading);
    expect(second.why).toBeUndefined();
    expect(count + second.count).toBeLessThan(300 + 2 * 7 * 4);
    await expectWhatTheFeedBrings(loading);
  });

  test('a connection of PostgreSQL that breaks loses nothing', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await migrated();
    const source = await couchdb.createDatabase();
    const loading = { couchdb, database, source };
    await source.write(...numbered(1500));
    let breaking = false;
    await using pool = openPool(database);
    const { why } = await load(loading, {
      pool,
      // Again and again, so that one in use is struck sooner or later.
      onProgress: () => {
        if (breaking) return;
        breaking = true;
        void database.pool
          .query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
          )
          .finally(() => (breaking = false));
      },
    });
    expect(why).toMatchObject({ passing: true });
    expect((await load(loading)).why).toBeUndefined();
    await expectWhatTheFeedBrings(loading);
  });

  test('keeps documents with the same id in two databases apart that are read at once, by no more readers than there may be', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await migrated();
    const [one, two] = [await couchdb.createDatabase('one'), await couchdb.createDatabase('two')];
    const readers = new Slots(3);
    for (const source of [one, two]) await source.write(...numbered(150).map((doc) => ({ ...doc, of: source.name })));
    const both = [one, two].map((source) => ({ couchdb, database, source }));
    await Promise.all(both.map(async (loading) => expect((await load(loading, { readers })).why).toBeUndefined()));
    for (const loading of both) {
      const rows = await rowsOf(database, loading.source);
      expect(Object.keys(rows)).toHaveLength(150);
      await expectWhatTheFeedBrings(loading);
    }
  });

  test('two processes that both believe to hold the lock: one is told that the other has moved on', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await migrated();
    const source = await couchdb.createDatabase();
    const loading = { couchdb, database, source };
    await source.write(...numbered(200));
    await load(loading, { abortAt: 20 });
    const ends = await Promise.all([load(loading), load(loading)]);
    const codes = ends.map(({ why }) => (why as { code?: string } | undefined)?.code);
    expect(codes).toContain('CHECKPOINT_MOVED');
    if (!codes.includes(undefined)) expect((await load(loading)).why).toBeUndefined();
    await expectWhatTheFeedBrings(loading);
  });

  test('forced, it writes rows anew that differ in their text only, and leaves the others alone', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await migrated();
    const source = await couchdb.createDatabase();
    const loading = { couchdb, database, source };
    await source.write(...numbered(50));
    await load(loading);
    await database.pool.query(`UPDATE v1.couchdb SET doc = doc || '{"n": "spoilt"}' WHERE _id = 'd7'`);
    const stamps = async () => {
      const sql = `SELECT saved_timestamp::text AS stamp FROM v1.couchdb WHERE _id <> 'd7' ORDER BY _id`;
      return (await database.pool.query<{ stamp: string }>(sql)).rows;
    };
    const before = await stamps();
    await load(loading, { force: true });
    expect(await stamps()).toEqual(before);
    await expectWhatTheFeedBrings(loading);
  });

  test('a snapshot of a database that was made anew meanwhile is begun again', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await migrated();
    const source = await couchdb.createDatabase();
    const loading = { couchdb, database, source };
    await source.write(...numbered(100));
    await load(loading, { abortAt: 30 });
    await database.pool.query(`UPDATE v1.couchdb_snapshot SET instance_start_time = 'another'`);
    const { count, why } = await load(loading);
    expect(why).toBeUndefined();
    expect(count).toBeGreaterThanOrEqual(100);
    await expectWhatTheFeedBrings(loading);
  });

  test('whatever is edited and deleted while it runs, wherever it is stopped or cut off, the table becomes what the feed brings', async () => {
    await using couchdb = await createTestCouchDb();
    const id = fc.oneof(
      fc.integer({ min: 0, max: 25 }).map((n) => `${n.toString(16)}-uuid`),
      fc.integer({ min: 0, max: 25 }).map((n) => `task~org.couchdb.user:jane~${n}`),
      fc.constantFrom('form:a', 'ü', '😀', '\uffee', 'Z', '_design/x'),
    );
    const edit = fc.record({ id, remove: fc.boolean() });
    const fault = fc.record({
      // Only what the snapshot asks for: the edits of this test read _all_docs without a limit.
      path: fc.constantFrom('_all_docs.*include_docs=true.*limit', '_all_docs.*limit', '_changes', '_bulk_get'),
      times: fc.constant(1),
      effect: fc.oneof(
        fc.constantFrom(401, 429, 500).map((status) => ({ kind: 'status', status }) as const),
        fc.integer({ min: 0, max: 2000 }).map((afterBytes) => ({ kind: 'reset', afterBytes }) as const),
        fc.integer({ min: 0, max: 2000 }).map((afterBytes) => ({ kind: 'cut', afterBytes, terminated: true }) as const),
      ),
    });
    const apply = async (
      source: TestCouchDatabase,
      { id: _id, remove }: { id: string; remove: boolean },
      n: number,
    ) => {
      const current: TestDocument | undefined = (await source.all()).get(_id);
      await source.write({
        ...(current ?? { _id }),
        n,
        ...(remove && current !== undefined ? { _deleted: true } : {}),
      });
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(edit, { maxLength: 60 }),
        fc.array(edit, { maxLength: 15 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 2 }),
        fc.array(fault, { maxLength: 3 }),
        async (before, during, readers, stops, faults) => {
          await using database = await migrated();
          const source = await couchdb.createDatabase();
          const loading = { couchdb, database, source };
          for (const [n, change] of before.entries()) await apply(source, change, n);
          const editing = (async () => {
            for (const [n, change] of during.entries()) await apply(source, change, 1000 + n);
          })();
          const options = { readers: new Slots(readers), pageRows: 3, batch: { rows: 2, bytes: 10_000, lingerMs: 1 } };
          couchdb.embedded?.awkwardness.set({ faults });
          for (const abortAt of stops) await load(loading, { ...options, abortAt });
          // Each fault ends a go at most.
          for (let tries = faults.length; (await load(loading, options)).why !== undefined; tries -= 1) {
            expect(tries).toBeGreaterThan(0);
          }
          couchdb.embedded?.awkwardness.reset();
          await editing;
          await expectWhatTheFeedBrings(loading);
        },
      ),
      { numRuns: Number(process.env.RUNS ?? 8) },
    );
  });
});

test('a snapshot is made of large databases with one copy only, and not where tombstones outnumber documents', () => {
  const info = { documents: 50_000, tombstones: 50_000, copies: 1 };
  expect(snapshotIsFaster(info, 4)).toBe(true);
  expect(snapshotIsFaster({ ...info, documents: 49_999, tombstones: 0 }, 4)).toBe(false);
  expect(snapshotIsFaster({ ...info, tombstones: 50_001 }, 4)).toBe(false);
  expect(snapshotIsFaster({ ...info, copies: 3 }, 4)).toBe(false);
  expect(snapshotIsFaster(info, 1)).toBe(false);
});

test('a feed is tried by the best time that a thousand rows of its beginning take', async () => {
  await using couchdb = await createTestCouchDb();
  const source = await couchdb.createDatabase();
  await source.write(...numbered(4_000));
  const client = new CouchDbClient({
    url: couchdb.url,
    credentials: { user: couchdb.user, password: couchdb.password },
  });
  const trial = async (tookMs: number) => {
    let time = 0;
    const clock = { ...systemClock, now: () => (time += tookMs) };
    const signal = new AbortController().signal;
    return feedIsSlow({ database: new Database(client, source.name), heartbeatMs: 1_000, signal, clock });
  };
  expect([await trial(1), await trial(60_000)]).toEqual([false, true]);
  await client.close();
});
