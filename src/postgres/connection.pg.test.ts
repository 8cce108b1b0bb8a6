import { expect, test } from 'vitest';
import { createTestDatabase } from '../../test/support/database.js';
import { createLog } from '../lib/index.js';
import { createPool } from './connection.js';

test('a connection that is cut while it is in use but waits for no answer fails with its next query only', async () => {
  await using database = await createTestDatabase();
  const log = createLog({ level: 'silent', format: 'json', secrets: [] });
  const pool = createPool({ connection: database.connection, applicationName: 'test', max: 1, log });
  const client = await pool.connect();
  const closed = new Promise((resolve) => client.once('end', resolve));
  await database.pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test'`);
  await closed;
  await expect(client.query('SELECT 1')).rejects.toThrow();
  client.release(true);
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await pool.end();
});
