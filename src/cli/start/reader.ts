import { join } from 'node:path';
import pg from 'pg';
import { keptSecret } from '../../embedded/index.js';
import { classifyPostgresError, clientConfig, quoteIdentifier, type PostgresConnection } from '../../postgres/index.js';

const role = 'cht_sync_reader';

/**
 * Makes the role that may read the models of the embedded PostgreSQL, and nothing else, if it is not there. Tables that are
 * made later can be read, too.
 *
 * @throws SyncError POSTGRES_*.
 */
export async function makeReader(
  connection: PostgresConnection,
  schema: string,
  dataFolder: string,
): Promise<{ readonly user: string; readonly password: string }> {
  const password = await keptSecret(join(dataFolder, 'reader-password'), 18);
  const [reader, place] = [quoteIdentifier(role), quoteIdentifier(schema)];
  const client = new pg.Client(clientConfig(connection, 'cht-sync'));
  try {
    await client.connect();
    const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
    if (rowCount === 0) await client.query(`CREATE ROLE ${reader}`);
    await client.query(`ALTER ROLE ${reader} LOGIN PASSWORD ${pg.escapeLiteral(password)}`);
    await client.query(`ALTER ROLE ${reader} SET default_transaction_read_only = on`);
    await client.query(`GRANT USAGE ON SCHEMA ${place} TO ${reader}`);
    await client.query(`GRANT SELECT ON ALL TABLES IN SCHEMA ${place} TO ${reader}`);
    await client.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA ${place} GRANT SELECT ON TABLES TO ${reader}`);
    return { user: role, password };
  } catch (error) {
    throw classifyPostgresError(error, `making the role ${role}`);
  } finally {
    await client.end();
  }
}
