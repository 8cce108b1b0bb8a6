import { expect, test } from 'vitest';
import { createTestDatabase } from '../../test/support/database.js';
import { createLog } from '../lib/index.js';
import { migrate } from './migrate.js';
import { ownTables } from './own-tables.js';

test('every table that migrations make is known to be none of the models, and has its privileges', async () => {
  await using database = await createTestDatabase();
  const log = createLog({ level: 'silent', format: 'json', secrets: [] });
  for (const family of ['documents', 'dataemon'] as const) {
    await migrate({ pool: database.pool, family, schema: 'v1', table: 'couchdb', log });
  }
  const { rows } = await database.pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'v1'::regnamespace AND relkind = 'r'`,
  );
  const made = rows.map(({ name }) => name);
  expect(made).toContain('dataemon_problem');
  expect(made.filter((name) => !['couchdb', ...ownTables].includes(name))).toEqual([]);
});
