import { expect, test } from 'vitest';
import { createTestCouchDb } from '../support/couchdb.js';
import { createTestDatabase } from '../support/database.js';
import { follow, stored } from './follow.js';

const soon = { timeout: 60_000, interval: 200 };

test('large documents are stored exactly, each its own', async () => {
  await using couchdb = await createTestCouchDb();
  await using database = await createTestDatabase();
  const source = await couchdb.createDatabase();
  const large = (n: number, of: string) => ({ _id: `d${n}`, of, text: `${of} ${n} é✓ `.repeat(60_000 + n * 9_000) });
  for (let n = 0; n < 24; n += 1) await source.write(large(n, 'first'), { _id: `small${n}`, n });
  await using following = follow(couchdb, database, [source], { batch: { bytes: 4_000_000 } });
  await expect.poll(() => following.couch2pg.status()[0]?.state, soon).toBe('live');
  for (let n = 0; n < 24; n += 3) {
    await source.write({ ...large(n, 'second'), _rev: (await source.get(`d${n}`))._rev ?? '' });
  }
  const all = await source.all();
  await expect
    .poll(async () => {
      const table = await stored(database, source.name);
      return [...all].filter(([id, document]) => JSON.stringify(table.get(id)?.text) !== JSON.stringify(document.text));
    }, soon)
    .toEqual([]);
  const revisions = [...(await stored(database, source.name))].map(([id, { _rev }]) => [id, _rev]);
  expect(Object.fromEntries(revisions)).toEqual(Object.fromEntries([...all].map(([id, { _rev }]) => [id, _rev])));
});
