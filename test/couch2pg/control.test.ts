import { expect, test } from 'vitest';
import { askSource, tableNames, type Control } from '../../src/postgres/index.js';
import { createTestCouchDb } from '../support/couchdb.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { sourceName } from './comparison.js';
import { follow, stored, type Following } from './follow.js';

const soon = { timeout: 20_000, interval: 30 };
const pauses = { standbyMs: 100 };
const names = tableNames('v1', 'couchdb');

async function untilState({ couch2pg }: Following, state: string): Promise<void> {
  await expect.poll(() => couch2pg.status()[0]?.state, soon).toBe(state);
}

async function storedState({ pool }: TestDatabase): Promise<unknown> {
  return (await pool.query<{ state: string }>('SELECT state FROM v1.couchdb_progress')).rows[0]?.state;
}

test('a paused source writes nothing, also after a start, and goes on from where it was when it is resumed', async () => {
  await using couchdb = await createTestCouchDb();
  await using database = await createTestDatabase();
  const source = await couchdb.createDatabase();
  const ask = (wish: Partial<Control>) => askSource(database.pool, names, sourceName(couchdb, source), wish);
  await source.write({ _id: 'before', n: 1 });
  const first = follow(couchdb, database, [source], { pauses });
  await untilState(first, 'live');

  await ask({ paused: true });
  await untilState(first, 'paused');
  await expect.poll(() => storedState(database), soon).toBe('paused');
  await source.write({ _id: 'meanwhile', n: 1 });
  await first.stop();

  await using second = follow(couchdb, database, [source], { pauses });
  await untilState(second, 'paused');
  expect([...(await stored(database, source.name)).keys()]).toEqual(['before']);

  await ask({ paused: false });
  await untilState(second, 'live');
  expect([...(await stored(database, source.name)).keys()].sort()).toEqual(['before', 'meanwhile']);
  expect(second.couch2pg.status()[0]).toMatchObject({ written: 1, unchanged: 0 });
});

test('one source is paused, and the others go on', async () => {
  await using couchdb = await createTestCouchDb();
  await using database = await createTestDatabase();
  const [one, two] = [await couchdb.createDatabase('one'), await couchdb.createDatabase('two')];
  await using following = follow(couchdb, database, [one, two], { pauses });
  const states = () => following.couch2pg.status().map(({ state }) => state);
  await expect.poll(states, soon).toEqual(['live', 'live']);
  await askSource(database.pool, names, sourceName(couchdb, one), { paused: true });
  await expect.poll(states, soon).toEqual(['paused', 'live']);
  await two.write({ _id: 'x', n: 1 });
  await expect.poll(async () => (await stored(database, two.name)).size, soon).toBe(1);
});

test('the stored state is that of the process which follows the source, never that of one that stands by', async () => {
  await using couchdb = await createTestCouchDb();
  await using database = await createTestDatabase();
  const source = await couchdb.createDatabase();
  const leader = follow(couchdb, database, [source], { pauses });
  await untilState(leader, 'live');
  const standby = follow(couchdb, database, [source], { pauses });
  await untilState(standby, 'standby');
  expect(await storedState(database)).toBe('live');
  await standby.stop();
  expect(await storedState(database)).toBe('live');
  await using third = follow(couchdb, database, [source], { pauses });
  await untilState(third, 'standby');
  await leader.stop();
  await untilState(third, 'live');
  await expect.poll(() => storedState(database), soon).toBe('live');
});
