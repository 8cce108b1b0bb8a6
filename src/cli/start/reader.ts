import { join } from 'node:path';
import pg from 'pg';
import { keptSecret } from '../../embedded/index.js';
import type { Clock } from '../../lib/index.js';
import {
  applyGrants,
  classifyPostgresError,
  clientConfig,
  grantStatements,
  lookAtGrants,
  quoteIdentifier,
  type GrantWish,
  type PostgresConnection,
} from '../../postgres/index.js';

/** Where the reader is made, and of what. */
export interface ReaderSetting {
  readonly connection: PostgresConnection;
  readonly place: Pick<GrantWish, 'rawSchema' | 'schema' | 'table'>;
  /** Where its password is kept. */
  readonly dataFolder: string;
  readonly clock: Clock;
}

const role = 'cht_sync_reader';
const lockPatienceMs = 60_000;

/**
 * Makes the role of the embedded PostgreSQL that dashboards read it as, if it is not there. It may do what the readers of
 * `cht-sync grant` may: read the models, also those to come, and no documents.
 *
 * @throws SyncError POSTGRES_*.
 */
export async function makeReader({
  connection,
  place,
  dataFolder,
  clock,
}: ReaderSetting): Promise<{ readonly user: string; readonly password: string }> {
  const password = await keptSecret(join(dataFolder, 'reader-password'), 18);
  const wish: GrantWish = { ...place, roles: { reader: role }, raw: false };
  const client = new pg.Client(clientConfig(connection, 'cht-sync'));
  try {
    await client.connect();
    const facts = await lookAtGrants(client, wish, [role]);
    const patience = { clock, patienceMs: lockPatienceMs, onWait: () => undefined };
    await applyGrants(client, grantStatements(wish, facts), facts, patience);
    const reader = quoteIdentifier(role);
    await client.query(`ALTER ROLE ${reader} LOGIN PASSWORD ${pg.escapeLiteral(password)}`);
    await client.query(`ALTER ROLE ${reader} SET default_transaction_read_only = on`);
    return { user: role, password };
  } catch (error) {
    throw classifyPostgresError(error, `making the role ${role}`);
  } finally {
    await client.end();
  }
}
