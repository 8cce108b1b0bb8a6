import type pg from 'pg';
import { describe, expect, test, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { createTablesOfV2, writeAsV2, type RowOfV2 } from '../../../test/support/tables-of-v2.js';
import { createLog } from '../../lib/index.js';
import { migrate, type MigrateOptions } from '../migrate.js';
import { planMigration } from './plan.js';
import { readMigrations } from './read-migrations.js';

const source = 'h/medic';
const rows: RowOfV2[] = Array.from({ length: 500 }, (_, n) => {
  const id = `d${n}`;
  return { id, source, doc: { _id: id, _rev: `1-${n}`, type: 'data_record' } };
});
const documents = { family: 'documents', schema: 'v1', table: 'couchdb' } as const;

async function v2(more: readonly RowOfV2[] = []): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await createTablesOfV2(database.pool, [...rows, ...more], { [source]: '17-g1AAA' });
  return database;
}

function options({ pool }: TestDatabase, more: Partial<MigrateOptions> = {}): MigrateOptions {
  return { ...documents, pool, log: createLog({ level: 'silent', format: 'json', secrets: [] }), ...more };
}

/** A log that keeps its lines. */
function keptLog() {
  const lines: string[] = [];
  return {
    lines,
    log: createLog({ level: 'info', format: 'json', secrets: [], destination: { write: (line) => lines.push(line) } }),
  };
}

/** A session in the middle of something. */
async function session<T>({ pool }: TestDatabase, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

describe('an upgrade of tables that cht-sync v2 has filled', () => {
  test('rewrites neither table nor index, and leaves PostgreSQL its statistics', async () => {
    await using database = await v2();
    await database.pool.query('ANALYZE v1.couchdb');
    const files = async () =>
      (
        await database.pool.query<{ files: unknown }>(
          `SELECT jsonb_object_agg(relname, relfilenode) AS files FROM pg_class
           WHERE relname IN ('couchdb', 'couchdb_pkey', 'saved_timestamp', 'source', '_deleted', 'couchdb_progress')`,
        )
      ).rows[0]!.files;
    const before = await files();
    await migrate(options(database));
    expect(await files()).toEqual(before);
    const { rows: known } = await database.pool.query(
      `SELECT FROM pg_stats WHERE tablename = 'couchdb' AND attname = '_id'`,
    );
    expect(known).toHaveLength(1);
  });

  test('each file of a migration names what it locks', async () => {
    await using database = await v2();
    for (const family of ['documents', 'dataemon'] as const) {
      for (const { name, alters, sql } of await readMigrations({ ...documents, family })) {
        const locked = await session(database, async (client) => {
          const there = `SELECT oid, relname::text AS name FROM pg_class WHERE relnamespace = 'v1'::regnamespace AND relkind = 'r'`;
          const { rows: before } = await client.query<{ oid: number; name: string }>(there);
          await client.query('BEGIN');
          await client.query(sql);
          const { rows: locks } = await client.query<{ relation: number }>(
            `SELECT relation FROM pg_locks WHERE pid = pg_backend_pid() AND mode = 'AccessExclusiveLock'`,
          );
          await client.query('COMMIT');
          return before.filter(({ oid }) => locks.some(({ relation }) => relation === oid)).map((table) => table.name);
        });
        expect([name, locked.sort()]).toEqual([name, [...alters].sort()]);
      }
    }
  });

  test('waits for a long reader in short tries, between which others read on, and says who it is', async () => {
    await using database = await v2();
    const { lines, log } = keptLog();
    await session(database, async (reader) => {
      await reader.query('BEGIN');
      const { rows: me } = await reader.query<{ pid: number }>(
        'SELECT pg_backend_pid() AS pid, count(*) FROM v1.couchdb',
      );
      const migrating = migrate(options(database, { log }));
      await vi.waitFor(() => expect(lines.join()).toContain(`process ${me[0]!.pid} of`), { timeout: 20_000 });
      // While the migration goes on trying.
      for (let n = 0; n < 5; n += 1) await database.pool.query('SELECT count(*) FROM v1.couchdb');
      expect((await database.pool.query(`SELECT to_regclass('v1.couchdb_alias') AS made`)).rows).toEqual([
        { made: null },
      ]);
      await reader.query('COMMIT');
      await migrating;
    });
    expect((await database.pool.query('SELECT _rev FROM v1.couchdb LIMIT 1')).rows).toEqual([{ _rev: null }]);
  });

  test('gives up a lock after a while, with the name of who holds it, and has changed nothing', async () => {
    await using database = await v2();
    await session(database, async (reader) => {
      await reader.query(`SET application_name = 'a long report'; BEGIN; SELECT count(*) FROM v1.couchdb_progress`);
      await expect(migrate(options(database, { patienceMs: 1 }))).rejects.toMatchObject({
        ...{ code: 'POSTGRES_STATEMENT_FAILED', passing: true },
        message: expect.stringContaining('(a long report)') as string,
        remedy: expect.stringContaining('pg_terminate_backend') as string,
      });
    });
    expect((await database.pool.query(`SELECT to_regclass('v1.couchdb_alias') AS made`)).rows).toEqual([
      { made: null },
    ]);
    await migrate(options(database));
  });

  test('builds a missing or broken index while others write', async () => {
    await using database = await v2();
    await database.pool.query(
      `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'v1.saved_timestamp'::regclass`,
    );
    await session(database, async (reader) => {
      // A snapshot that an index has to wait for.
      await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
      const migrating = migrate(options(database));
      await vi.waitFor(
        async () => {
          const { rows: building } = await database.pool.query(
            `SELECT FROM pg_stat_activity WHERE query LIKE '%CONCURRENTLY%' AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()`,
          );
          expect(building).toHaveLength(1);
        },
        { timeout: 20_000 },
      );
      await writeAsV2(database.pool, [{ id: 'meanwhile', source, doc: { _id: 'meanwhile', _rev: '1-a' } }]);
      await reader.query('COMMIT');
      await migrating;
    });
    const { rows: indexes } = await database.pool.query(
      `SELECT indexrelid::regclass::text AS name FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
       WHERE indrelid = 'v1.couchdb'::regclass AND attname = 'saved_timestamp' AND indisvalid`,
    );
    expect(indexes).toEqual([{ name: 'v1.couchdb_saved_timestamp_idx' }]);
  });

  test('takes the secrets of users out of their documents, and nothing else', async () => {
    const user = {
      _id: 'org.couchdb.user:jane',
      _rev: '1-a',
      name: 'jane',
      derived_key: 'k',
      salt: 's',
      iterations: 10,
    };
    const other = { _id: 'other', _rev: '1-a', salt: 'in the soup' };
    await using database = await v2([user, other].map((doc) => ({ id: doc._id, source, doc })));
    await migrate(options(database));
    const { rows: found } = await database.pool.query(
      `SELECT doc FROM v1.couchdb WHERE _id IN ('other', $1) ORDER BY _id`,
      [user._id],
    );
    expect(found).toEqual(
      [{ doc: { _id: user._id, _rev: '1-a', name: 'jane' } }, { doc: other }].sort((a, b) =>
        a.doc._id < b.doc._id ? -1 : 1,
      ),
    );
  });

  test('is planned without a change, and ends with nothing left to do', async () => {
    await using database = await v2();
    const plan = () => session(database, (client) => planMigration(client, documents));
    const { origin, steps } = await plan();
    expect(origin).toBe('cht-sync-v2');
    expect(steps.map(({ name, lock, touches }) => [name, lock, ...touches.map(({ table }) => table)])).toEqual([
      ['user-secrets', 'none', 'couchdb'],
      ['0001_documents', 'instant', 'couchdb', 'couchdb_progress'],
      ['0002_control', 'instant', 'couchdb_progress'],
      ['0003_verify', 'none'],
      ['0004_rejected', 'none'],
      ['0005_snapshot', 'none'],
      ['statistics', 'none', 'couchdb'],
    ]);
    expect((await plan()).steps).toHaveLength(steps.length);
    await migrate(options(database));
    expect(await plan()).toEqual({ origin: 'cht-sync', steps: [] });
  });

  test('goes on after v2 was at work again in between', async () => {
    await using database = await v2();
    await migrate(options(database));
    await database.pool.query(`UPDATE v1.couchdb SET _rev = '1-0' WHERE _id = 'd0'`);
    await writeAsV2(database.pool, [{ id: 'd0', source, doc: { _id: 'd0', _rev: '2-by-v2' } }]);
    await migrate(options(database));
    const { rows: found } = await database.pool.query(
      `SELECT _rev, saved_timestamp <= (SELECT saved_timestamp FROM v1.couchdb_watermark) AS seen FROM v1.couchdb WHERE _id = 'd0'`,
    );
    expect(found).toEqual([{ _rev: '2-by-v2', seen: true }]);
  });
});

describe('tables that cannot be migrated', () => {
  test('those of medic/cht-couch2pg are told by name, with what to do', async () => {
    await using database = await createTestDatabase();
    await database.pool.query('CREATE TABLE couchdb (doc jsonb)');
    await expect(migrate(options(database, { schema: 'public' }))).rejects.toMatchObject({
      code: 'POSTGRES_SCHEMA_UNKNOWN',
      message: 'public.couchdb is a table of medic/cht-couch2pg.',
    });
  });

  test.each([
    [
      'CREATE TABLE v1.couchdb (_id varchar PRIMARY KEY, saved_timestamp timestamp, _deleted boolean, doc jsonb)',
      /no column source/,
    ],
    [
      'CREATE VIEW v1.couchdb AS SELECT 1 AS saved_timestamp, 1 AS _id, 1 AS _deleted, 1 AS source, 1 AS doc',
      /it is no table/,
    ],
  ])('%s', async (sql, message) => {
    await using database = await createTestDatabase();
    await database.pool.query(`CREATE SCHEMA v1; ${sql}`);
    await expect(migrate(options(database))).rejects.toMatchObject({
      code: 'POSTGRES_SCHEMA_UNKNOWN',
      message: expect.stringMatching(message) as string,
    });
  });
});
