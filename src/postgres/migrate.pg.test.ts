import { describe, expect, test } from 'vitest';
import { createTestDatabase } from '../../test/support/database.js';
import { createLog } from '../lib/index.js';
import { migrate, type MigrateOptions } from './migrate.js';

const log = createLog({ level: 'silent', format: 'json', secrets: [] });

/** The tables as medic/cht-sync v2 publishes them, with a document, a tombstone and a checkpoint. */
const v2 = `
  CREATE SCHEMA v1;
  CREATE TABLE v1.couchdb (saved_timestamp timestamp, _id varchar PRIMARY KEY, _deleted boolean, source varchar, doc jsonb);
  CREATE INDEX _deleted ON v1.couchdb (_deleted);
  CREATE INDEX saved_timestamp ON v1.couchdb (saved_timestamp);
  CREATE INDEX source ON v1.couchdb (source);
  CREATE TABLE v1.couchdb_progress (seq varchar, pending integer, updated_at timestamptz, source varchar PRIMARY KEY);
  CREATE TABLE v1._dataemon (inserted_on timestamp DEFAULT current_timestamp, packages jsonb, manifest jsonb, dbt_selector text);
  INSERT INTO v1.couchdb VALUES
    ('2025-01-02 03:04:05.678', 'a', false, 'h/medic', '{"_id": "a", "_rev": "1-a"}'),
    ('2099-01-01', 'b', true, 'h/medic', '{"_id": "b", "_rev": "2-b", "_deleted": true}');
  INSERT INTO v1.couchdb_progress VALUES ('17-g1AAA', 0, now(), 'h/medic');`;

function options(pool: MigrateOptions['pool'], more: Partial<MigrateOptions> = {}): MigrateOptions {
  return { pool, family: 'documents', schema: 'v1', table: 'couchdb', log, ...more };
}

describe('migrate', () => {
  test('makes the tables in an empty database, whatever the schema and the table are called', async () => {
    await using database = await createTestDatabase();
    const named = options(database.pool, { schema: `it's "odd"`, table: 'Docs; --' });
    await migrate(named);
    await migrate(named);
    await database.pool.query(`INSERT INTO "it's ""odd"""."Docs; --" (_id, doc) VALUES ('a', '{}')`);
  });

  test('accepts a database that cht-sync v2 has filled: rows, checkpoint and indexes stay', async () => {
    await using database = await createTestDatabase();
    await database.pool.query(v2);
    await migrate(options(database.pool));
    await migrate(options(database.pool, { family: 'dataemon' }));
    const { rows } = await database.pool.query(
      `SELECT _id, source, _rev, doc->>'_rev' AS rev FROM v1.couchdb ORDER BY _id`,
    );
    expect(rows).toEqual([
      { _id: 'a', source: 'h/medic', _rev: null, rev: '1-a' },
      { _id: 'b', source: 'h/medic', _rev: null, rev: '2-b' },
    ]);
    expect((await database.pool.query(`SELECT seq FROM v1.couchdb_progress`)).rows).toEqual([{ seq: '17-g1AAA' }]);
    const indexes = await database.pool.query(
      `SELECT indexname FROM pg_indexes WHERE tablename = 'couchdb' ORDER BY 1`,
    );
    expect(indexes.rows.map(({ indexname }) => indexname as string)).toEqual([
      '_deleted',
      'couchdb_pkey',
      'saved_timestamp',
      'source',
    ]);
    // A clock that was ahead must not make the rows to come look old.
    const watermark = await database.pool.query(`SELECT saved_timestamp::text FROM v1.couchdb_watermark`);
    expect(watermark.rows).toEqual([{ saved_timestamp: '2099-01-01 00:00:00' }]);
  });

  test('leaves the type of _id alone where a view of the user stands on it', async () => {
    await using database = await createTestDatabase();
    await database.pool.query(`${v2} CREATE VIEW v1.mine AS SELECT _id FROM v1.couchdb`);
    await migrate(options(database.pool));
    expect((await database.pool.query(`SELECT count(*)::int AS n FROM v1.mine`)).rows).toEqual([{ n: 2 }]);
  });

  test('may be called by several processes at once', async () => {
    await using database = await createTestDatabase();
    await Promise.all([1, 2, 3, 4].map(() => migrate(options(database.pool))));
  });

  test('refuses a schema that a newer version has made', async () => {
    await using database = await createTestDatabase();
    await migrate(options(database.pool));
    await database.pool.query(
      `INSERT INTO v1.cht_sync_migration VALUES ('documents', 'couchdb', 9999, 'of the future')`,
    );
    await expect(migrate(options(database.pool))).rejects.toMatchObject({ code: 'POSTGRES_SCHEMA_UNKNOWN' });
  });

  test('says so when the database cannot be written to', async () => {
    await using database = await createTestDatabase();
    await database.pool.query(`ALTER DATABASE ${database.connection.database} SET default_transaction_read_only = on`);
    await database.pool.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
    );
    const { createPool } = await import('./connection.js');
    const pool = createPool({ connection: database.connection, applicationName: 'test', max: 1, log });
    await expect(migrate(options(pool))).rejects.toMatchObject({ code: 'POSTGRES_UNWRITABLE', passing: false });
    await pool.end();
  });
});
