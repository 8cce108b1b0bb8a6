import pg from 'pg';
import { classifyPostgresError, clientConfig, quoteIdentifier, type PostgresConnection } from '../../postgres/index.js';

/**
 * Makes the database of a connection, if it is not there.
 *
 * @throws SyncError POSTGRES_* when PostgreSQL does not let it.
 */
export async function createDatabase(connection: PostgresConnection): Promise<void> {
  const client = new pg.Client(clientConfig({ ...connection, database: 'postgres' }, 'cht-sync'));
  try {
    await client.connect();
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [connection.database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${quoteIdentifier(connection.database)}`);
  } catch (error) {
    throw classifyPostgresError(error, `making the database ${connection.database}`);
  } finally {
    await client.end();
  }
}
