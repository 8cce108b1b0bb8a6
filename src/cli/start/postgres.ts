import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../embedded/index.js';
import { messageOf, SyncError, type Log } from '../../lib/index.js';
import type { PostgresConnection } from '../../postgres/index.js';
import { createDatabase } from './create-database.js';
import { freePortFrom } from './free-port.js';

/** The embedded PostgreSQL of the demonstration. */
export interface DemonstrationPostgres {
  readonly connection: PostgresConnection;
  /** For `PGPASSFILE`. */
  readonly passwordFile: string;
  stop(): Promise<void>;
}

const database = 'cht_sync';

/**
 * Starts the embedded PostgreSQL and makes its database.
 *
 * @throws SyncError EMBEDDED_FAILED when its port is taken and the user has named that port.
 */
export async function startPostgres(settings: {
  /** The data folder of the demonstration. */
  readonly folder: string;
  readonly port: number;
  /** Whether the user has named the port: then no other is taken. */
  readonly portIsOwn: boolean;
  readonly log: Log;
}): Promise<DemonstrationPostgres> {
  const { folder, port: wanted, portIsOwn, log } = settings;
  const tried = portIsOwn ? wanted : await freePortFrom(wanted);
  const server = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), port: tried }).catch(
    (error: unknown) => {
      throw messageOf(error).includes('Address already in use') ? portTaken(tried, error) : error;
    },
  );
  const { host, port, user, password } = server;
  if (server.takenOver) log.info({ port }, 'took over the embedded PostgreSQL that an earlier start has left running');
  else if (port !== wanted) log.warn(`Port ${wanted} is in use: the embedded PostgreSQL listens on ${port}.`);
  const connection = { host, port, user, password, database };
  try {
    await createDatabase(connection);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { connection, passwordFile: server.passwordFile, stop: () => server.stop() };
}

function portTaken(port: number, cause: unknown): SyncError {
  return new SyncError(
    'EMBEDDED_FAILED',
    `The embedded PostgreSQL cannot listen on port ${port}: another program does.`,
    { remedy: `Free port ${port} or set EMBEDDED_POSTGRES_PORT to another.`, cause },
  );
}
