import { resolve } from 'node:path';
import { configError, type Config } from '../config/index.js';
import type { PostgresConnection } from '../postgres/index.js';
import type { CouchDbServer } from '../couch2pg/index.js';
import { couchDbServers, embeddedServer, postgresConnection } from './connections.js';
import type { ConfigWithPostgres } from './required-hosts.js';
import { readAddresses, type Addresses } from './start/addresses.js';

/**
 * The PostgreSQL that a command beside a running sync works on: the configured one, or the embedded one of the
 * demonstration that runs in this folder.
 *
 * @throws ConfigError when there is neither.
 */
export async function runningPostgres(config: Config, folder: string): Promise<PostgresConnection> {
  if (hasPostgres(config)) return postgresConnection(config, folder);
  const embedded = (await addressesIn(config, folder))?.postgres;
  if (embedded !== undefined) return embedded;
  throw configError([
    {
      option: 'POSTGRES_HOST',
      cause: 'it is not set, and no demonstration runs in this folder',
      remedy: 'Set it to the server that CHT Sync writes to, or run `npm start` in another terminal first.',
    },
  ]);
}

/**
 * The CouchDB servers whose sources are in that PostgreSQL: the configured ones, or the embedded one of the demonstration
 * that runs in this folder.
 *
 * @throws ConfigError when there is neither.
 */
export async function runningCouchDbs(config: Config, folder: string): Promise<readonly CouchDbServer[]> {
  const configured = couchDbServers(config, folder);
  if (configured.length > 0) return configured;
  const embedded = (await addressesIn(config, folder))?.couchdb;
  if (embedded !== undefined) return [embeddedServer(config, embedded)];
  throw configError([
    {
      option: 'COUCHDB_HOST',
      cause: 'it is not set, and no demonstration with an embedded source runs in this folder',
      remedy: 'Set it to the server that is followed, or run `npm start` in another terminal first.',
    },
  ]);
}

async function addressesIn(config: Config, folder: string): Promise<Addresses | undefined> {
  return readAddresses(resolve(folder, config.embeddedDataDir));
}

function hasPostgres(config: Config): config is ConfigWithPostgres {
  return config.postgresHost !== undefined;
}
