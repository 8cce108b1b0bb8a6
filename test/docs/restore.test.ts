import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { follow } from '../couch2pg/follow.js';
import { untilTableEquals } from '../end-to-end/support/table.js';
import { createTestCouchDb } from '../support/couchdb.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

/** Replaces a database by another, as a restore does. */
async function restore(database: TestDatabase, copy: TestDatabase): Promise<void> {
  const admin = new pg.Client({ connectionString: inject('postgresUrl') });
  await admin.connect();
  try {
    await admin.query(`DROP DATABASE ${database.connection.database} WITH (FORCE)`);
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
      copy.connection.database,
    ]);
    await admin.query(`CREATE DATABASE ${database.connection.database} TEMPLATE ${copy.connection.database}`);
  } finally {
    await admin.end();
  }
}

test('a PostgreSQL that was restored from a backup is brought up to date from the checkpoint of the backup, as docs/operations.md says', async () => {
  await using couchdb = await createTestCouchDb();
  await using database = await createTestDatabase();
  await using backup = await createTestDatabase();
  const source = await couchdb.createDatabase();
  const ids = Array.from({ length: 20 }, (_, index) => `document-${index}`);
  await source.write(...ids.map((_id) => ({ _id, value: 'before' })));
  const synced = () => untilTableEquals(database, couchdb, [source], { remains: true });

  {
    await using _ = follow(couchdb, database, [source]);
    await synced();
  }
  await restore(backup, database);

  {
    await using _ = follow(couchdb, database, [source]);
    const edited = await Promise.all(ids.slice(0, 5).map((id) => source.get(id)));
    await source.write(...edited.map((one) => ({ ...one, value: 'after' })), { _id: 'new' });
    await source.remove(ids[6]!);
    await synced();
    await source.purge(ids[7]!);
  }
  await restore(database, backup);

  await using following = follow(couchdb, database, [source]);
  const table = await synced();
  await expect.poll(() => following.couch2pg.status()[0]?.regressions.purged).toBe(1);
  expect(table.find(({ id }) => id === ids[0])).toMatchObject({ doc: { value: 'after' } });
  const stamps = table.map(({ savedTimestamp }) => savedTimestamp);
  expect(new Set(stamps).size).toBe(stamps.length);
});
