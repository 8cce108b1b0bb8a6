import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Awkwardness, Effect } from '../../src/embedded/index.js';
import { createTestCouchDb, type TestCouchDatabase } from '../support/couchdb.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { follow, stored } from './follow.js';

const soon = { timeout: 30_000, interval: 100 };
const real = process.env.COUCHDB_TEST_URL !== undefined;

/** Everything of the source is in the table, and nothing else that is alive. */
async function untilEqual(database: TestDatabase, source: TestCouchDatabase): Promise<void> {
  await expect
    .poll(async () => Object.fromEntries(await stored(database, source.name).catch(() => [])), soon)
    .toEqual(Object.fromEntries(await source.all()));
}

const effect: fc.Arbitrary<Effect> = fc.oneof(
  fc.constantFrom(401, 413, 429, 500, 503).map((status) => ({ kind: 'status', status }) as const),
  fc.integer({ min: 0, max: 5000 }).map((afterBytes) => ({ kind: 'reset', afterBytes }) as const),
  fc.integer({ min: 1, max: 5000 }).map((afterBytes) => ({ kind: 'hang', afterBytes }) as const),
  fc
    .tuple(fc.integer({ min: 0, max: 5000 }), fc.boolean())
    .map(([afterBytes, terminated]) => ({ kind: 'cut', afterBytes, terminated }) as const),
);

/** What a cluster, or a proxy before it, may do without a document being lost. */
const awkwardness: fc.Arbitrary<Partial<Awkwardness>> = fc.record({
  shuffle: fc.boolean(),
  bouncingPrefix: fc.boolean(),
  repeatRows: fc.integer({ min: 0, max: 3 }),
  rewinds: fc.integer({ min: 0, max: 2 }),
  rewindTo: fc.constantFrom('start', 'half'),
  nullPending: fc.boolean(),
  nullDocEvery: fc.constantFrom(0, 0, 3),
  blankLineEvery: fc.constantFrom(0, 2),
  endAfterRows: fc.constantFrom(0, 0, 5),
  rowLayout: fc.constantFrom('couchdb', 'couchdb', 'reordered', 'pretty'),
  gzip: fc.boolean(),
  faults: fc.array(fc.record({ path: fc.constant('_changes'), times: fc.constant(1), effect }), { maxLength: 2 }),
});

const edit = fc.record({
  id: fc.integer({ min: 0, max: 30 }),
  kind: fc.constantFrom('write', 'write', 'remove', 'conflict'),
});

async function apply(source: TestCouchDatabase, { id, kind }: { id: number; kind: string }, n: number): Promise<void> {
  const _id = `d${id}`;
  const current = (await source.all()).get(_id);
  if (kind === 'conflict') {
    const side = (letter: string) => ({
      _id,
      _rev: `1-${letter}${n}`,
      _revisions: { start: 1, ids: [`${letter}${n}`] },
      side: letter,
    });
    await source.replicate(side('a'), side('f'));
  } else if (current === undefined) await source.write({ _id, n });
  else await source.write({ ...current, n, ...(kind === 'remove' ? { _deleted: true } : {}) });
}

describe.skipIf(real)('from a source that is as awkward as a cluster behind a proxy can be', () => {
  test('the table ends with exactly the winning revision of every document', async () => {
    await fc.assert(
      fc.asyncProperty(awkwardness, fc.array(edit, { minLength: 1, maxLength: 40 }), async (switches, edits) => {
        await using couchdb = await createTestCouchDb();
        await using database = await createTestDatabase();
        const source = await couchdb.createDatabase();
        const half = Math.floor(edits.length / 2);
        for (const [n, one] of edits.slice(0, half).entries()) await apply(source, one, n);
        couchdb.embedded?.awkwardness.set(switches);
        await using _ = follow(couchdb, database, [source], { batch: { rows: 7 }, heartbeatMs: 200 });
        for (const [n, one] of edits.slice(half).entries()) await apply(source, one, half + n);
        await untilEqual(database, source);
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 12), endOnFailure: true },
    );
  });

  test('a web page instead of an answer is named, and the sync goes on once CouchDB answers', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await createTestDatabase();
    const source = await couchdb.createDatabase();
    await source.write({ _id: 'a' });
    couchdb.embedded?.awkwardness.set({ faults: [{ path: `/${source.name}`, times: 1, effect: { kind: 'html' } }] });
    await using following = follow(couchdb, database, [source]);
    await expect
      .poll(() => following.couch2pg.status()[0], soon)
      .toMatchObject({ state: 'failed', error: { code: 'COUCHDB_ANSWER_INVALID' } });
  });

  test('a feed that CouchDB holds back is followed by long polls', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await createTestDatabase();
    const source = await couchdb.createDatabase();
    couchdb.embedded?.awkwardness.set({
      faults: [{ path: 'feed=continuous', times: 1, effect: { kind: 'hang', afterBytes: 0 } }],
    });
    await using following = follow(couchdb, database, [source], { heartbeatMs: 200 });
    await expect.poll(() => following.couch2pg.status()[0]?.state, soon).toBe('live');
    await source.write({ _id: 'a' });
    await untilEqual(database, source);
  });

  test('a database that was deleted and made anew is read from its beginning', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await createTestDatabase();
    const source = await couchdb.createDatabase();
    await source.write({ _id: 'old' });
    const first = follow(couchdb, database, [source]);
    await untilEqual(database, source);
    await first.stop();
    await source.drop();
    // instance_start_time has whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await fetch(`${couchdb.url}/${source.name}`, {
      method: 'PUT',
      headers: { authorization: `Basic ${Buffer.from(`${couchdb.user}:${couchdb.password}`).toString('base64')}` },
    });
    await source.write({ _id: 'new' });
    await using _ = follow(couchdb, database, [source]);
    await expect.poll(async () => (await stored(database, source.name)).has('new'), soon).toBe(true);
  });
});
