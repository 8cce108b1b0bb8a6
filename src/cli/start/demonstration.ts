import { resolve } from 'node:path';
import type { Config, Reading } from '../../config/index.js';
import type { FilledSource, FillProgress } from '../../embedded/index.js';
import type { Log } from '../../lib/index.js';
import type { PostgresConnection } from '../../postgres/index.js';
import type { CouchDbServer } from '../../couch2pg/index.js';
import { couchDbServers, embeddedServer, postgresConnection } from '../connections.js';
import type { ConfigWithPostgres } from '../required-hosts.js';
import type { Cleanup } from './cleanup.js';
import { startPostgres } from './postgres.js';
import { startSource, type DemonstrationSource } from './source.js';

/** What is set up for `start`, from the user's servers and embedded ones for those that are not given. */
export interface SetUpOptions {
  readonly config: Config;
  readonly reading: Reading;
  readonly folder: string;
  readonly dataFolder: string;
  readonly log: Log;
  readonly cleanup: Cleanup;
}

/** A PostgreSQL to write to. */
export interface Target {
  readonly connection: PostgresConnection;
  /** For `PGPASSFILE`; of the embedded one only. */
  readonly passwordFile: string | undefined;
}

/** The PostgreSQL of the user, or an embedded one. */
export async function setUpTarget({
  config,
  reading,
  folder,
  dataFolder,
  log,
  cleanup,
}: SetUpOptions): Promise<Target> {
  if (hasPostgres(config)) return { connection: postgresConnection(config, folder), passwordFile: undefined };
  const postgres = await startPostgres({
    folder: dataFolder,
    port: config.embeddedPostgresPort,
    portIsOwn: reading.given('embeddedPostgresPort'),
    log,
  });
  cleanup.add(() => postgres.stop());
  return { connection: postgres.connection, passwordFile: postgres.passwordFile };
}

/** The servers to read from. */
export interface Origin {
  readonly couchdb: readonly CouchDbServer[];
  /** The embedded source, which has still to be filled. */
  readonly embedded: DemonstrationSource | undefined;
}

/** The CouchDB servers of the user, or an embedded source. */
export async function setUpOrigin({
  config,
  reading,
  folder,
  dataFolder,
  log,
  cleanup,
}: SetUpOptions): Promise<Origin> {
  const servers = couchDbServers(config, folder);
  if (servers.length > 0) return { couchdb: servers, embedded: undefined };
  const portIsOwn = reading.given('embeddedCouchdbPort');
  const embedded = await startSource({ folder: dataFolder, config, portIsOwn, log });
  cleanup.add(() => embedded.stop());
  const { url, user, password } = embedded;
  return { couchdb: [embeddedServer(config, { url, credentials: { user, password } })], embedded };
}

/** Fills the embedded source; undefined when there is none. */
export async function fill(
  { embedded }: Origin,
  signal: AbortSignal,
  onProgress: (progress: FillProgress) => void,
): Promise<FilledSource | undefined> {
  return embedded?.fill(signal, onProgress);
}

/** The folder for data, passwords and logs. */
export function dataFolderOf(config: Config, folder: string): string {
  return resolve(folder, config.embeddedDataDir);
}

function hasPostgres(config: Config): config is ConfigWithPostgres {
  return config.postgresHost !== undefined;
}
