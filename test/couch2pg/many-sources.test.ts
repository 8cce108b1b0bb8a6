import { expect, test, vi } from 'vitest';
import { createTestCouchDb } from '../support/couchdb.js';
import { createTestDatabase } from '../support/database.js';
import { follow } from './follow.js';

const sources = 40;
const documents = 300;

test('forty sources are followed by twelve connections, besides those that hold their locks', async () => {
  await using couchdb = await createTestCouchDb();
  await using database = await createTestDatabase();
  const databases = await Promise.all(Array.from({ length: sources }, () => couchdb.createDatabase()));
  for (const [index, one] of databases.entries()) {
    await one.write(...Array.from({ length: documents }, (_, n) => ({ _id: `doc-${n}`, of: index })));
  }
  let most = 0;
  await using following = follow(couchdb, database, databases, { batch: { rows: 50 } });
  await vi.waitFor(
    async () => {
      const { rows } = await database.pool.query<{ writing: number }>(
        `SELECT count(*)::integer AS writing FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'cht-sync couch2pg'`,
      );
      most = Math.max(most, rows[0]!.writing);
      expect(following.couch2pg.status().map(({ state }) => state)).toEqual(Array(sources).fill('live'));
      const { rows: stored } = await database.pool.query<{ count: number }>(
        `SELECT count(*)::integer AS count FROM v1.couchdb WHERE doc ? 'of'`,
      );
      expect(stored[0]!.count).toBe(sources * documents);
    },
    { timeout: 120_000, interval: 100 },
  );
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(12);
  expect(following.couch2pg.status().map(({ error }) => error)).toEqual(Array(sources).fill(null));
});
