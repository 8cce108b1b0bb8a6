import { expect, test } from 'vitest';
import { compareSource } from '../../src/couch2pg/index.js';
import { askSource, tableNames } from '../../src/postgres/index.js';
import { comparedSource, shown, sourceName, synced } from './comparison.js';
import { follow, stored } from './follow.js';

const soon = { timeout: 30_000, interval: 30 };
const names = tableNames('v1', 'couchdb');
const ids = Array.from({ length: 80 }, (_, n) => `d${String(n).padStart(2, '0')}`);

test('a resync rewrites what differs, also where the revision is right, and removes what CouchDB has not', async () => {
  await using of = await comparedSource(ids);
  const { couchdb, database, source, sides, sql } = of;
  const name = sourceName(couchdb, source);
  await source.remove('d70');
  await synced(couchdb, database, source);
  await sql(`UPDATE v1.couchdb SET doc = doc || '{"n": "spoilt"}' WHERE _id = 'd05'`);
  await sql(`DELETE FROM v1.couchdb WHERE _id IN ('d06', 'd70')`);
  await sql(
    `INSERT INTO v1.couchdb (_id, source, _rev, _deleted, doc, saved_timestamp)
     VALUES ('ghost', $1, '1-x', false, '{"_id": "ghost", "_rev": "1-x"}', now())`,
    name,
  );
  const untouched = async () =>
    (await sql(`SELECT count(*)::int AS n FROM v1.couchdb WHERE xmin::text = ANY($1)`, before)).rows[0] as object;
  const { rows } = await sql(`SELECT DISTINCT xmin::text AS xid FROM v1.couchdb WHERE _id NOT IN ('d05', 'ghost')`);
  const before = (rows as { xid: string }[]).map(({ xid }) => xid);

  await using following = follow(couchdb, database, [source], { pauses: { lookMs: 200 } });
  await expect.poll(() => following.couch2pg.status()[0]?.state, soon).toBe('live');
  await askSource(database.pool, names, name, { resync: true });
  await expect
    .poll(async () => (await sql(`SELECT resync FROM v1.couchdb_control`)).rows[0] as object, soon)
    .toEqual({ resync: false });
  await expect.poll(() => following.couch2pg.status()[0]?.state, soon).toBe('live');

  expect(Object.fromEntries(await stored(database, source.name))).toEqual(Object.fromEntries(await source.all()));
  expect(await shown(compareSource(sides))).toEqual([]);
  expect((await sql(`SELECT _deleted FROM v1.couchdb WHERE _id IN ('ghost', 'd70')`)).rows).toEqual([
    { _deleted: true },
    { _deleted: true },
  ]);
  expect(await untouched()).toEqual({ n: 77 });
  await source.write({ _id: 'after', n: 1 });
  await expect.poll(async () => (await stored(database, source.name)).has('after'), soon).toBe(true);
});

test('a resync that was asked for while nobody followed the source is done at the next start', async () => {
  await using of = await comparedSource(ids);
  const { couchdb, database, source, sql } = of;
  await sql(`UPDATE v1.couchdb SET doc = doc || '{"n": "spoilt"}' WHERE _id = 'd05'`);
  await askSource(database.pool, names, sourceName(couchdb, source), { resync: true });
  await synced(couchdb, database, source);
  expect((await stored(database, source.name)).get('d05')).toMatchObject({ n: 1 });
  expect((await sql(`SELECT resync FROM v1.couchdb_control`)).rows).toEqual([{ resync: false }]);
});
