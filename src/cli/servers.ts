import { resolve } from 'node:path';
import { configError, type Config } from '../config/index.js';
import type { PostgresConnection } from '../postgres/index.js';
import { postgresConnection } from './connections.js';
import type { ConfigWith } from './required-hosts.js';
import { readAddresses } from './start/addresses.js';

/**
 * The PostgreSQL that a command beside a running sync works on: the configured one, or the embedded one of the
 * demonstration that runs in this folder.
 *
 * @throws ConfigError when there is neither.
 */
export async function runningPostgres(config: Config, folder: string): Promise<PostgresConnection> {
  if (hasPostgres(config)) return postgresConnection(config, folder);
  const addresses = await readAddresses(resolve(folder, config.embeddedDataDir));
  if (addresses !== undefined) return addresses.postgres;
  throw configError([
    {
      option: 'POSTGRES_HOST',
      cause: 'it is not set, and no demonstration runs in this folder',
      remedy: 'Set it to the server that CHT Sync writes to, or run `npm start` in another terminal first.',
    },
  ]);
}

function hasPostgres(config: Config): config is ConfigWith<'postgresHost'> {
  return config.postgresHost !== undefined;
}
