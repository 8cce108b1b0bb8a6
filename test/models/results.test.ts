import { afterEach, expect, test, vi } from 'vitest';
import { createLog } from '../../src/lib/index.js';
import { migrate } from '../../src/postgres/index.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startDbt } from '../support/dbt.js';
import { createDocuments } from './models.js';

const v1 = { schema: 'v1' };
const log = createLog({ level: 'silent', format: 'json', secrets: [] });

interface Result {
  readonly name: string;
  readonly status: string;
  readonly seconds: number;
  readonly rows: number | null;
}

async function results({ pool }: TestDatabase): Promise<readonly Result[]> {
  const { rows } = await pool.query<Result>(
    `SELECT name, status, execution_time AS seconds, rows_affected AS rows FROM v1.dbt_results
     WHERE start_time BETWEEN (now() AT TIME ZONE 'UTC') - interval '1 hour' AND end_time ORDER BY start_time, name`,
  );
  return rows;
}

afterEach(() => vi.unstubAllEnvs());

test('dbt_results has a row for each model of a run by hand, also of one that failed, for 14 days', async () => {
  await using database = await createTestDatabase();
  const documents = await createDocuments(database.pool);
  await documents.write({ a: { type: 'person' } });
  await using dbt = await startDbt(database);
  await dbt.run(v1, 'run');
  expect(await results(database)).toContainEqual({
    name: 'person',
    status: 'success',
    seconds: expect.any(Number) as number,
    rows: 1,
  });
  await database.pool.query(`UPDATE v1.dbt_run SET start_time = start_time - interval '15 days'`);

  await database.pool.query('ALTER TABLE v1.document_metadata ADD CHECK (uuid <> $$b$$)');
  await documents.write({ b: { type: 'person' } });
  expect((await dbt.attempt(v1, 'run', '--select', 'document_metadata', 'contact')).success).toBe(false);
  expect((await results(database)).map(({ name, status }) => [name, status])).toEqual(
    expect.arrayContaining([
      ['contact', 'skipped'],
      ['document_metadata', 'error'],
    ]),
  );
  expect((await database.pool.query('SELECT FROM v1.dbt_run')).rowCount).toBe(2);
});

test('dbt_results shows what the dataemon has recorded, whose dbt records nothing', async () => {
  await using database = await createTestDatabase();
  await createDocuments(database.pool);
  await migrate({ pool: database.pool, family: 'dataemon', schema: 'v1', table: 'couchdb', log });
  vi.stubEnv('CHT_SYNC_DATAEMON', 'true');
  await using dbt = await startDbt(database);
  await dbt.run(v1, 'run');
  expect(await results(database)).toEqual([]);

  await database.pool.query(
    `INSERT INTO v1.dataemon_run (run_id, model, name, kind, status, rows_affected, started_at, duration_ms, runs)
     SELECT gen_random_uuid(), 'model.cht_pipeline.person', 'person', 'increment', status, rows, now(), 500, runs
     FROM (VALUES ('ok', 3, 2), ('failed', NULL, 1)) AS run (status, rows, runs)`,
  );
  expect(await results(database)).toEqual(
    expect.arrayContaining([
      { name: 'person', status: 'success', seconds: 0.25, rows: 3 },
      { name: 'person', status: 'error', seconds: 0.5, rows: null },
    ]),
  );
});
