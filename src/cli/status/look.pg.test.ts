import { expect, test } from 'vitest';
import pg from 'pg';
import { createTestDatabase } from '../../../test/support/database.js';
import { createLog } from '../../lib/index.js';
import { migrate, reportSource, tableNames, tryLock } from '../../postgres/index.js';
import { lookAround } from './look.js';

const log = createLog({ level: 'silent', format: 'json', secrets: [] });
const place = { schema: 'v1', rootSchema: 'v1', table: 'couchdb' };

test('a look writes nothing: of an empty database it says so, and leaves it empty', async () => {
  await using database = await createTestDatabase();
  expect(await lookAround(database.pool, place)).toEqual({
    ...{ sources: [], models: [], tests: [], problems: [], dataemons: [] },
  });
  expect((await database.pool.query(`SELECT FROM pg_namespace WHERE nspname = 'v1'`)).rowCount).toBe(0);
});

test('tables of cht-sync v2 are named as what they are', async () => {
  await using database = await createTestDatabase();
  await database.pool.query('CREATE SCHEMA v1');
  await database.pool.query(
    'CREATE TABLE v1.couchdb_progress (seq varchar, pending integer, updated_at timestamptz, source varchar PRIMARY KEY)',
  );
  await expect(lookAround(database.pool, place)).rejects.toMatchObject({ code: 'POSTGRES_SCHEMA_UNKNOWN' });
});

test('how a source stands is what was last reported, with what a person asked and what is parked', async () => {
  await using database = await createTestDatabase();
  const { pool } = database;
  await migrate({ pool, family: 'documents', schema: 'v1', table: 'couchdb', log });
  const error = { code: 'COUCHDB_UNREACHABLE', message: 'away' } as const;
  await reportSource(pool, tableNames('v1', 'couchdb'), 'h/medic', { state: 'backing-off', pending: 3, error });
  await pool.query(`UPDATE v1.couchdb_progress SET seq = '5-x', saved_timestamp = '2026-01-02 03:04:05'`);
  await pool.query(`INSERT INTO v1.couchdb_control (source, paused) VALUES ('h/medic', true)`);
  await pool.query(
    `INSERT INTO v1.couchdb_rejected (source, _id, _deleted, doc, error_code, error) VALUES ('h/medic', 'd', false, '{}', '22003', 'no')`,
  );
  const { sources } = await lookAround(pool, place);
  expect(sources).toEqual([
    {
      ...{ source: 'h/medic', sequence: '5-x', state: 'backing-off', pending: 3, error, paused: true, parked: 1 },
      ...{ ageMs: expect.any(Number) as number, lastChangeAt: new Date('2026-01-02T03:04:05Z'), verification: null },
    },
  ]);
});

test('a dataemon is at work while it holds the lock of its selector, and what it reports is told', async () => {
  await using database = await createTestDatabase();
  const { pool } = database;
  for (const family of ['documents', 'dataemon'] as const) {
    await migrate({ pool, family, schema: 'v1', table: 'couchdb', log });
  }
  await pool.query(
    `INSERT INTO v1.dataemon_model (selector, model, name, schema_name, relation, materialized, status)
     VALUES ('', 'model.p.a', 'a', 'v1', 'a', 'table', 'ok'), ('forms', 'model.p.b', 'b', 'v1', 'b', 'table', 'ok')`,
  );
  const dataemon = new pg.Client({ connectionString: database.url });
  await dataemon.connect();
  await tryLock(dataemon, 'dataemon v1 forms');
  await pool.query(
    `INSERT INTO v1.dataemon_problem (selector, kind, code, message, began_at) VALUES ('forms', 'package', 'PACKAGE_BROKEN', 'no', now())`,
  );
  const { dataemons, problems } = await lookAround(pool, place);
  expect(problems).toMatchObject([{ selector: 'forms', code: 'PACKAGE_BROKEN', endedAt: null }]);
  expect(dataemons).toEqual([
    { selector: null, isRunning: false },
    { selector: 'forms', isRunning: true },
  ]);
  await dataemon.end();
});
