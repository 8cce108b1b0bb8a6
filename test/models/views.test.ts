import { expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.js';
import { startDbt } from '../support/dbt.js';
import { createDocuments } from './models.js';

const v1 = { schema: 'v1' };

test('views that somebody has made on a model live on when it is rebuilt, with the views on them', async () => {
  await using database = await createTestDatabase();
  await using dbt = await startDbt(database);
  const { pool } = database;
  const documents = await createDocuments(pool);
  await documents.write({ p1: { type: 'person', sex: 'female' }, p2: { type: 'person', sex: 'male' } });
  await dbt.run(v1, 'run');
  await pool.query(`
    CREATE SCHEMA own;
    CREATE VIEW own."Women & girls" WITH (security_barrier = true) AS
      SELECT person.uuid, c.name FROM v1.person JOIN v1.contact c USING (uuid) WHERE person.sex = 'female';
    CREATE VIEW own.women_count AS SELECT count(*) FROM own."Women & girls";
    GRANT SELECT ON own.women_count TO PUBLIC`);
  await dbt.run(v1, 'run', '--full-refresh');
  await documents.write({ p3: { type: 'person', sex: 'female' } });
  await dbt.run(v1, 'run');
  const { rows } = await pool.query(`
    SELECT (SELECT count FROM own.women_count)::integer AS women, reloptions AS options,
      has_table_privilege('public', 'own.women_count', 'SELECT') AS granted
    FROM pg_class WHERE oid = 'own."Women & girls"'::regclass`);
  expect(rows).toEqual([{ women: 2, options: ['security_barrier=true'], granted: true }]);
});

test('a view that reads what a rebuilt model no longer has goes, and the rebuild does not fail for it', async () => {
  await using database = await createTestDatabase();
  await using dbt = await startDbt(database);
  const { pool } = database;
  const documents = await createDocuments(pool);
  await documents.write({ p1: { type: 'person' } });
  await dbt.run(v1, 'run');
  await pool.query(`ALTER TABLE v1.person ADD COLUMN gone text; CREATE VIEW v1.of_old AS SELECT gone FROM v1.person`);
  await dbt.run(v1, 'run', '--full-refresh');
  const { rows } = await pool.query(
    `SELECT to_regclass('v1.of_old') AS view, (SELECT count(*)::integer FROM v1.person)`,
  );
  expect(rows).toEqual([{ view: null, count: 1 }]);
});
