import { expect, test } from 'vitest';
import { createLog } from '../../src/lib/index.js';
import { migrate } from '../../src/postgres/index.js';
import { Command } from '../support/command.js';
import { createTestDatabase } from '../support/database.js';
import { freePort } from '../support/global-postgres.js';
import { createTestRole } from '../support/role.js';
import { createTemporaryFolder } from '../support/temporary-folder.js';
import { postgresVariables } from './support/environment.js';

test('`cht-sync metrics` shows what the database tells of all sources and models, as a role that only reads', async () => {
  await using database = await createTestDatabase();
  await using folder = await createTemporaryFolder();
  const { pool } = database;
  const log = createLog({ level: 'silent', format: 'json', secrets: [] });
  for (const family of ['documents', 'dataemon'] as const) {
    await migrate({ pool, family, schema: 'v1', table: 'couchdb', log });
  }
  await pool.query(
    `INSERT INTO v1.couchdb_progress (source, seq, pending, state, updated_at) VALUES
       ('a.example.org/medic', '1234-x', 5, 'catching-up', now()),
       ('a.example.org/_users', '7-x', 0, 'live', now() - interval '5 minutes'),
       ('b.example.org/medic', '8-x', 0, 'failed', now())`,
  );
  await pool.query(
    `INSERT INTO v1.dataemon_model (selector, model, name, schema_name, relation, materialized, status, reached, succeeded_at)
     SELECT selector, 'model.p.' || name, name, 'v1', name, 'incremental', 'ok', now(), now()
     FROM (VALUES ('', 'person'), ('tag:forms', 'visit')) AS models (selector, name)`,
  );
  await pool.query(
    `INSERT INTO v1.dataemon_run (run_id, model, name, kind, status, started_at, duration_ms, selector)
     SELECT gen_random_uuid(), 'model.p.' || name, name, 'increment', 'ok', now(), 1500, selector
     FROM (VALUES (NULL, 'person'), ('tag:forms', 'visit')) AS models (selector, name)`,
  );
  await using role = await createTestRole(database);
  await pool.query(`GRANT USAGE ON SCHEMA v1 TO ${role.user}; GRANT SELECT ON ALL TABLES IN SCHEMA v1 TO ${role.user}`);

  const port = await freePort();
  const env = { ...postgresVariables(database, role), METRICS_PORT: String(port) };
  await using command = new Command(['metrics'], { folder: folder.path, env });
  await command.says(/metrics are served/);
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  expect(await get('/healthz')).toBe('ok\n');
  expect(await get('/readyz')).toBe('ok\n');
  const text = await get('/metrics');
  const labels = (host: string, db: string) => `{db="${db}",cht_instance="${host}",target="${host}"}`;
  for (const line of [
    'cht_sync_postgres_up 1',
    `couch2pg_up${labels('a.example.org', 'medic')} 1`,
    `couch2pg_progress_pending${labels('a.example.org', 'medic')} 5`,
    `couch2pg_progress_sequence${labels('a.example.org', 'medic')} 1234`,
    `couch2pg_up${labels('a.example.org', '_users')} 0`,
    `couch2pg_up${labels('b.example.org', 'medic')} 0`,
    'dbt_execution_time{table_name="person"} 1.5',
    'dbt_execution_time{table_name="visit"} 1.5',
    'cht_sync_documents_parked{source="b.example.org/medic"} 0',
  ]) {
    expect(text).toContain(`\n${line}\n`);
  }
  await using second = new Command(['metrics'], { folder: folder.path, env });
  expect(await second.end()).toMatchObject({ code: 2 });
  expect(second.stderr).toContain(`METRICS_PORT is "${port}"`);
  expect(await command.stop()).toMatchObject({ code: 0 });
});
