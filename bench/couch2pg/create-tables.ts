import { createLog } from '../../src/lib/index.js';
import { createPool, migrate, type PostgresConnection } from '../../src/postgres/index.js';

/** Makes the tables of couch2pg, empty, for what is measured beside it. */
export async function createTables(connection: PostgresConnection): Promise<void> {
  const log = createLog({ level: 'warn', format: 'text', secrets: [connection.password] });
  const pool = createPool({ connection, applicationName: 'bench', max: 1, log });
  await migrate({ pool, family: 'documents', schema: 'v1', table: 'couchdb', log });
  await pool.end();
}
