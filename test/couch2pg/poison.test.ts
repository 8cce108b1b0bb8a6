import { expect, test } from 'vitest';
import { runSnapshot } from '../../src/couch2pg/snapshot/index.js';
import { CouchDbClient, Database } from '../../src/couchdb/index.js';
import { createLog, Slots, systemClock } from '../../src/lib/index.js';
import { listParked, migrate, tableNames } from '../../src/postgres/index.js';
import { createTestCouchDb } from '../support/couchdb.js';
import { createTestDatabase } from '../support/database.js';
import { follow, stored } from './follow.js';

const soon = { timeout: 30_000, interval: 50 };
const names = tableNames('v1', 'couchdb');
const log = createLog({ level: 'silent', format: 'json', secrets: [] });

/** Two keys that would become one, which is what a source can send without being asked for strange numbers. */
const poison = { ab: 1, 'a\0b': 2 };
const good = Array.from({ length: 60 }, (_, n) => ({ _id: `d${n}`, n }));
const bad = [
  { _id: 'd20a', ...poison },
  { _id: 'nul\0id', n: 1 },
  { _id: Array.from({ length: 4_000 }, (_, n) => n.toString(36)).join(''), n: 1 },
];
const badIds = bad.map(({ _id }) => _id).sort();

test('documents that PostgreSQL refuses are parked by the feed, the others go on, and a good revision ends it', async () => {
  await using couchdb = await createTestCouchDb();
  await using database = await createTestDatabase();
  const source = await couchdb.createDatabase();
  await source.write(...good, ...bad);
  await using following = follow(couchdb, database, [source]);
  const status = () => following.couch2pg.status()[0];
  await expect.poll(() => status()?.state, soon).toBe('live');
  const parked = async () => (await listParked(database.pool, names)).map(({ id }) => id).sort();
  expect([status()?.rejected, await parked()]).toEqual([3, badIds]);
  expect((await stored(database, source.name)).size).toBe(good.length);

  const { _id, _rev } = await source.get('d20a');
  await source.write({ _id, _rev: _rev ?? '', n: 1 }, { ...(await source.get('d1')), ...poison });
  await expect.poll(parked, soon).toEqual(['d1', ...badIds.filter((id) => id !== 'd20a')].sort());
  const table = await stored(database, source.name);
  expect([table.get('d20a'), table.get('d1')]).toMatchObject([
    { n: 1 },
    { _rev: expect.stringMatching(/^1-/) as string },
  ]);

  for (const id of ['d1', ...badIds.filter((one) => one !== 'd20a')]) await source.remove(id);
  await expect.poll(parked, soon).toEqual([]);
  await expect.poll(async () => (await stored(database, source.name)).has('d1'), soon).toBe(false);
});

test('a first load by several readers parks them, too', async () => {
  await using couchdb = await createTestCouchDb();
  await using database = await createTestDatabase();
  await migrate({ pool: database.pool, family: 'documents', schema: 'v1', table: 'couchdb', log });
  const source = await couchdb.createDatabase();
  await source.write(...good, ...bad);
  const { url, user, password } = couchdb;
  const client = new CouchDbClient({ url, credentials: { user, password } });
  let rejected = 0;
  await runSnapshot({
    ...{ database: new Database(client, source.name), pool: database.pool, schema: 'v1', table: 'couchdb', log },
    ...{ source: `h/${source.name}`, readers: new Slots(3), pageRows: 7, heartbeatMs: 1_000, clock: systemClock },
    batch: { rows: 5, bytes: 100_000, lingerMs: 5 },
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onReplaced: () => undefined,
    onWritten: (_, written) => (rejected += written.rejected),
  });
  await client.close();
  expect((await listParked(database.pool, names)).map(({ id }) => id).sort()).toEqual(badIds);
  expect([rejected, (await stored(database, source.name)).size]).toEqual([3, good.length]);
});
