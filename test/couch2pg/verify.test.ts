import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareSource, repairDifferences, verifySource, type Difference } from '../../src/couch2pg/index.js';
import { createLog } from '../../src/lib/index.js';
import { readVerification, tableNames } from '../../src/postgres/index.js';
import type { TestCouchDatabase } from '../support/couchdb.js';
import { comparedSource, shown, synced } from './comparison.js';
import { follow, stored } from './follow.js';

type Here = Awaited<ReturnType<typeof comparedSource>>;

const log = createLog({ level: 'silent', format: 'json', secrets: [] });
const grace = { pauseMs: 50, steadyMs: 400, longestMs: 60_000 };
const repairing = ({ sides }: Here) => ({
  ...{ ...sides, schema: 'v1', table: 'couchdb', log, grace },
  batch: { rows: 100, bytes: 1_000_000 },
});
const verify = (here: Here, repair = false) => verifySource({ ...repairing(here), repair });

async function differences(here: Here): Promise<Difference[]> {
  const found: Difference[] = [];
  for await (const difference of compareSource(here.sides)) found.push(difference);
  return found;
}

/** Follows the source, and edits, deletes and brings back documents meanwhile. */
async function followedInAStorm(here: Here): Promise<AsyncDisposable & { end(): Promise<void> }> {
  const following = follow(here.couchdb, here.database, [here.source]);
  await expect.poll(() => following.couch2pg.status()[0]?.state, { timeout: 20_000 }).toBe('live');
  const stop = new AbortController();
  const storming = storm(here.source, stop.signal);
  const end = () => {
    stop.abort();
    return storming;
  };
  return { end, [Symbol.asyncDispose]: () => end().finally(() => following.stop()) };
}

async function storm(source: TestCouchDatabase, signal: AbortSignal): Promise<void> {
  const revisions = new Map<string, { rev: string; deleted: boolean }>();
  for (let round = 0; !signal.aborted; round += 1) {
    const ids = new Set(Array.from({ length: 20 }, () => `d${Math.floor(Math.random() * 300)}`));
    const docs = [...ids].map((_id) => {
      const before = revisions.get(_id);
      const isDeleted = before?.deleted === false && Math.random() < 0.3;
      const base = before === undefined ? {} : { _rev: before.rev };
      return { _id, ...base, ...(isDeleted ? { _deleted: true } : {}), round };
    });
    const revs = await source.write(...docs);
    for (const [n, { _id, _deleted = false }] of docs.entries())
      revisions.set(_id, { rev: revs[n]!, deleted: _deleted });
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

describe('verifySource', () => {
  test('mends what is missing, stale, extra and purged, keeps last bodies, and finds nothing after', async () => {
    await using here = await comparedSource(['same', 'lost', 'older', 'gone', 'back', 'buried', 'purged', 'z']);
    for (const id of ['gone', 'buried']) await here.source.remove(id);
    await synced(here.couchdb, here.database, here.source);
    await here.source.purge('purged');
    await here.sql(`DELETE FROM v1.couchdb WHERE _id IN ('lost', 'buried')`);
    await here.sql(`UPDATE v1.couchdb SET _rev = '1-x' WHERE _id = 'older'`);
    await here.sql(`UPDATE v1.couchdb SET _deleted = NOT _deleted WHERE _id IN ('gone', 'back')`);
    await here.sql(
      `INSERT INTO v1.couchdb (_id, source, _rev, _deleted, doc, saved_timestamp)
       VALUES ('never', $1, '1-a', false, '{"_id": "never", "type": "person"}', now())`,
      here.sides.source,
    );
    const before = await verify(here);
    expect(before).toMatchObject({ missing: 2, stale: 3, extra: 1, purged: 1, parked: 0, repaired: 0, remaining: 7 });
    expect(await verify(here, true)).toMatchObject({
      missing: 2,
      stale: 3,
      extra: 1,
      purged: 1,
      repaired: 7,
      remaining: 0,
    });
    const after = await verify(here);
    expect(after).toMatchObject({ compared: 7, remaining: 0, differences: [] });
    const { rows } = await here.sql(
      `SELECT _id, _rev, _deleted, doc, last_doc FROM v1.couchdb WHERE _id IN ('never', 'purged') ORDER BY _id`,
    );
    expect(rows).toMatchObject([
      {
        _id: 'never',
        _rev: '1-a',
        _deleted: true,
        doc: { _id: 'never', _rev: '1-a', _deleted: true },
        last_doc: { type: 'person' },
      },
      { _id: 'purged', _deleted: true, last_doc: { n: 1 } },
    ]);
    expect(rows[1]).toHaveProperty('doc', { _id: 'purged', _rev: (rows[1] as { _rev: string })._rev, _deleted: true });
    expect(Object.fromEntries(await stored(here.database, here.source.name))).toEqual(
      Object.fromEntries(await here.source.all()),
    );
    const read = await readVerification(here.database.pool, tableNames('v1', 'couchdb'), here.sides.source);
    expect(read).toEqual(after);
  });

  test('parks what PostgreSQL refuses, counts it as left, and mends the rest', async () => {
    await using here = await comparedSource(['a', 'b']);
    await here.source.writeText('[{"_id":"too large","n":1e999999},{"_id":"c"}]');
    await here.sql(`DELETE FROM v1.couchdb WHERE _id = 'a'`);
    expect(await verify(here, true)).toMatchObject({ missing: 3, repaired: 2, remaining: 1 });
    expect(await verify(here, true)).toMatchObject({ missing: 0, parked: 1, repaired: 0, remaining: 1 });
  });

  test('mends more differences than it looks at together, and tells the first only', async () => {
    await using here = await comparedSource(Array.from({ length: 1200 }, (_, n) => `d${n}`));
    await here.sql(`DELETE FROM v1.couchdb WHERE _id <> 'd7'`);
    const result = await verify(here, true);
    expect(result).toMatchObject({ compared: 1200, missing: 1199, repaired: 1199, remaining: 0 });
    expect(result.differences).toHaveLength(100);
  });

  test('ends when it is told to, and stores nothing then', async () => {
    await using here = await comparedSource(['a']);
    await here.sql(`DELETE FROM v1.couchdb`);
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    await expect(verifySource({ ...repairing(here), repair: true, onProgress, signal: stop.signal })).rejects.toThrow();
    expect((await here.sql(`SELECT FROM v1.couchdb_verify`)).rowCount).toBe(0);
    expect((await here.sql(`SELECT FROM v1.couchdb`)).rowCount).toBe(0);
  });

  test('finds no difference in a storm of edits while the sync goes on, only what stays', async () => {
    await using here = await comparedSource(['lost', 'kept']);
    await using storming = await followedInAStorm(here);
    for (let times = 0; times < 3; times += 1) expect(await verify(here)).toMatchObject({ differences: [] });
    await here.sql(`DELETE FROM v1.couchdb WHERE _id = 'lost'`);
    expect((await verify(here)).differences).toMatchObject([{ kind: 'missing', id: 'lost' }]);
    await storming.end();
  });

  test('mends in a storm of edits, with purges among them, and the table is right in the end', async () => {
    await using here = await comparedSource(Array.from({ length: 200 }, (_, n) => `still ${n}`));
    await using storming = await followedInAStorm(here);
    for (let round = 0; round < 4; round += 1) {
      await here.source.purge(`still ${round}`);
      await here.sql(`DELETE FROM v1.couchdb WHERE random() < 0.2`);
      await here.sql(`UPDATE v1.couchdb SET _rev = '1-wrong', _deleted = random() < 0.5 WHERE random() < 0.2`);
      await verify(here, true);
    }
    await storming.end();
    expect(await verify(here, true)).toMatchObject({ remaining: 0 });
    expect(await verify(here)).toMatchObject({ differences: [] });
    expect(Object.fromEntries(await stored(here.database, here.source.name))).toEqual(
      Object.fromEntries(await here.source.all()),
    );
  });
});

describe('repairDifferences', () => {
  test('leaves a row alone over which another revision was written since it was compared', async () => {
    await using here = await comparedSource(['changed', 'came', 'went', 'mended', 'same']);
    await here.sql(`UPDATE v1.couchdb SET _rev = '1-x' WHERE _id IN ('changed', 'went', 'mended', 'same')`);
    await here.sql(`DELETE FROM v1.couchdb WHERE _id = 'came'`);
    const found = await differences(here);
    expect(found).toHaveLength(5);
    await here.sql(`UPDATE v1.couchdb SET _rev = '7-newer' WHERE _id = 'changed'`);
    await here.sql(
      `INSERT INTO v1.couchdb (_id, source, _rev, _deleted, doc) VALUES ('came', $1, '7-newer', false, '{}')`,
      here.sides.source,
    );
    await here.sql(`DELETE FROM v1.couchdb WHERE _id = 'went'`);
    await here.sql(`UPDATE v1.couchdb SET _deleted = true WHERE _id = 'mended'`);
    expect(await repairDifferences(repairing(here), found)).toEqual({ rows: 1, parked: 0 });
    const { rows } = await here.sql(`SELECT _id, _rev FROM v1.couchdb WHERE _rev LIKE '7-%' OR _deleted ORDER BY _id`);
    expect(rows).toEqual([
      { _id: 'came', _rev: '7-newer' },
      { _id: 'changed', _rev: '7-newer' },
      { _id: 'mended', _rev: '1-x' },
    ]);
  });

  test('does not park a document over which another revision was written since', async () => {
    await using here = await comparedSource(['a']);
    await here.source.writeText('[{"_id":"too large","n":1e999999}]');
    const found = await differences(here);
    await here.sql(
      `INSERT INTO v1.couchdb (_id, source, _rev, _deleted, doc) VALUES ('too large', $1, '7-newer', false, '{}')`,
      here.sides.source,
    );
    expect(await repairDifferences(repairing(here), found)).toEqual({ rows: 0, parked: 0 });
    expect((await here.sql(`SELECT FROM v1.couchdb_rejected`)).rowCount).toBe(0);
  });

  test('gives a document whose id another source holds a key of its own', async () => {
    await using here = await comparedSource(['a', 'shared']);
    await here.sql(`UPDATE v1.couchdb SET source = 'host/other', _rev = '1-other' WHERE _id = 'shared'`);
    expect(await verify(here, true)).toMatchObject({ missing: 1, repaired: 1, remaining: 0 });
    const { rows } = await here.sql(`SELECT _id FROM v1.couchdb ORDER BY _id`);
    expect(rows).toEqual([{ _id: 'a' }, { _id: 'shared' }, { _id: `shared@${here.sides.source}` }]);
    expect(await shown(compareSource(here.sides))).toEqual([]);
  });
});

/** What a test breaks of one row, and how that is called. */
const damages = {
  none: { sql: 'SELECT $1', kind: () => undefined },
  delete: { sql: 'DELETE FROM v1.couchdb WHERE _id = $1', kind: () => 'missing' },
  revise: { sql: `UPDATE v1.couchdb SET _rev = '0-wrong' WHERE _id = $1`, kind: () => 'stale' },
  flip: { sql: 'UPDATE v1.couchdb SET _deleted = NOT _deleted WHERE _id = $1', kind: () => 'stale' },
} as const;

test('whatever is broken is found, that and nothing else, and mended', async () => {
  await using here = await comparedSource([]);
  const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((text) => !/^_|\0/.test(text));
  const fate = fc.constantFrom('living', 'deleted', 'purged');
  const damage = fc.constantFrom<keyof typeof damages>('none', 'delete', 'revise', 'flip');
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(id, fate, damage), { selector: ([text]) => text, minLength: 1, maxLength: 25 }),
      async (given) => {
        run += 1;
        const documents = given.map(([text, ...rest]) => [`${text} ${run}`, ...rest] as const);
        await here.source.write(...documents.map(([_id]) => ({ _id, run })));
        for (const [_id, what] of documents) if (what === 'deleted') await here.source.remove(_id);
        await synced(here.couchdb, here.database, here.source);
        const expected: string[] = [];
        for (const [_id, what, broken] of documents) {
          if (what === 'purged') {
            // Broken or not, a row that stands for a purged document has to become a tombstone.
            await here.source.purge(_id);
            if (broken === 'none' || broken === 'revise') expected.push(`purged ${_id}`);
          } else if (broken !== 'none') expected.push(`${damages[broken].kind()} ${_id}`);
          await here.sql(damages[broken].sql, _id);
        }
        expect(await shown(compareSource(here.sides))).toEqual(expected.sort());
        expect(await verify(here, true)).toMatchObject({ repaired: expected.length, remaining: 0 });
        expect(await shown(compareSource(here.sides))).toEqual([]);
      },
    ),
    { numRuns: 12 },
  );
});
