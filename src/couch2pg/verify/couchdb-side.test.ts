import { describe, expect, test } from 'vitest';
import { createTestCouchDb } from '../../../test/support/couchdb.js';
import { CouchDbClient, Database } from '../../couchdb/index.js';
import { systemClock } from '../../lib/index.js';
import { changesPages, livingDocuments } from './couchdb-side.js';

async function databaseOf(ids: readonly string[], removed: readonly string[] = []) {
  const couchdb = await createTestCouchDb();
  const source = await couchdb.createDatabase();
  await source.write(...ids.map((_id) => ({ _id })));
  for (const id of removed) await source.remove(id);
  const { user, password } = couchdb;
  const client = new CouchDbClient({ url: couchdb.url, credentials: { user, password } });
  const pauses: number[] = [];
  const clock = { ...systemClock, sleep: (ms: number) => Promise.resolve(void pauses.push(ms)) };
  return {
    couchdb,
    source,
    side: { database: new Database(client, source.name), clock, random: () => 0 },
    pauses,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await couchdb[Symbol.asyncDispose]();
    },
  };
}

async function idsOf(pieces: AsyncIterable<readonly { id: string }[]>): Promise<string[]> {
  const ids: string[] = [];
  for await (const piece of pieces) ids.push(...piece.map(({ id }) => id));
  return ids;
}

const byBytes = (ids: readonly string[]) => [...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
const awkward = [
  'a',
  'a b',
  'a"',
  'a/b',
  'aa',
  'b',
  'é',
  '\uffee',
  '😀',
  '\u{10ffff}',
  '_design/x',
  'A',
  'ab',
  'ab+',
  '~',
];

describe('livingDocuments', () => {
  test.each([1, 2, 3, 5, awkward.length, 100])('gives each document once, in pages of %i', async (rows) => {
    await using here = await databaseOf(awkward, ['a/b']);
    expect(await idsOf(livingDocuments(here.side, rows))).toEqual(byBytes(awkward.filter((id) => id !== 'a/b')));
  });

  test('goes on behind the last row where an answer was cut or refused, and gives up when it is of no use', async () => {
    const ids = Array.from({ length: 400 }, (_, n) => `document ${n}`);
    await using here = await databaseOf(ids);
    const embedded = here.couchdb.embedded;
    if (embedded === undefined) return;
    const path = '_all_docs';
    embedded.awkwardness.set({
      faults: [
        { path, times: 2, effect: { kind: 'cut', afterBytes: 9_000, terminated: true } },
        { path, times: 1, effect: { kind: 'cut', afterBytes: 0, terminated: false } },
        { path, times: 2, effect: { kind: 'status', status: 503 } },
        { path, times: 1, effect: { kind: 'reset', afterBytes: 12_345 } },
      ],
    });
    expect(await idsOf(livingDocuments(here.side, 300))).toEqual(byBytes(ids));
    expect(here.pauses.length).toBeGreaterThanOrEqual(5);
    embedded.awkwardness.set({ faults: [{ path, times: 99, effect: { kind: 'status', status: 503 } }] });
    await expect(idsOf(livingDocuments(here.side))).rejects.toMatchObject({ code: 'COUCHDB_UNREACHABLE' });
  });
});

describe('changesPages', () => {
  test.each([1, 7, 1000])('tells every document and tombstone, in pages of %i', async (rows) => {
    await using here = await databaseOf(awkward, ['a/b', 'é', '😀']);
    const tombstones = new Set<string>();
    const living = new Set<string>();
    for await (const page of changesPages(here.side, rows)) {
      for (const { id, deleted } of page) (deleted ? tombstones : living).add(id);
    }
    expect(byBytes([...tombstones])).toEqual(byBytes(['a/b', 'é', '😀']));
    expect(living.size).toBe(awkward.length - 3);
  });

  test('reads a page again that was cut', async () => {
    await using here = await databaseOf(awkward);
    here.couchdb.embedded?.awkwardness.set({
      faults: [{ path: '_changes', times: 2, effect: { kind: 'cut', afterBytes: 900, terminated: true } }],
    });
    expect(byBytes([...new Set(await idsOf(changesPages(here.side, 10)))])).toEqual(byBytes(awkward));
  });
});
