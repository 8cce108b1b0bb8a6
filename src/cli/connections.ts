import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Config } from '../config/index.js';
import type { Couch2pgOptions } from '../couch2pg/index.js';
import type { DataemonOptions, PackageSource } from '../dataemon/index.js';
import { systemClock, type Log } from '../lib/index.js';
import type { PostgresConnection } from '../postgres/index.js';
import { projectPlaces } from './places.js';
import type { ConfigWith } from './required-hosts.js';

/** Where CouchDB is and how to sign in. */
export type CouchDbConnection = Pick<Couch2pgOptions['couchdb'], 'url' | 'credentials' | 'ca'>;

/** The CouchDB that is configured. */
export function couchDbConnection(config: ConfigWith<'couchdbHost'>, folder: string): CouchDbConnection {
  const { couchdbHost, couchdbPort, couchdbSecure, couchdbUser, couchdbPassword, couchdbCaFile } = config;
  const host = couchdbHost.includes(':') ? `[${couchdbHost}]` : couchdbHost;
  return {
    url: `${couchdbSecure ? 'https' : 'http'}://${host}:${couchdbPort}`,
    ...(couchdbUser === undefined || couchdbPassword === undefined
      ? {}
      : { credentials: { user: couchdbUser, password: couchdbPassword } }),
    ...(couchdbCaFile === undefined ? {} : { ca: readFileSync(resolve(folder, couchdbCaFile), 'utf8') }),
  };
}

/** The PostgreSQL that is configured; that user, password and database are set was checked with the options. */
export function postgresConnection(config: ConfigWith<'postgresHost'>, folder: string): PostgresConnection {
  return {
    host: config.postgresHost,
    port: config.postgresPort,
    user: config.postgresUser ?? '',
    password: config.postgresPassword ?? '',
    database: config.postgresDb ?? '',
    sslmode: config.postgresSslmode,
    ...(config.postgresCaFile === undefined ? {} : { caFile: resolve(folder, config.postgresCaFile) }),
  };
}

/** What couch2pg is made with. */
export function couch2pgOptions(
  config: Config,
  connections: { readonly couchdb: CouchDbConnection; readonly postgres: PostgresConnection },
  log: Log,
): Couch2pgOptions {
  return {
    couchdb: { ...connections.couchdb, databases: config.couchdbDbs, liveFeed: config.couchdbFeed },
    postgres: { connection: connections.postgres, schema: config.postgresSchema, table: config.postgresTable },
    batch: { rows: config.batchSize, bytes: config.batchBytes, lingerMs: config.batchLingerMs },
    clock: systemClock,
    random: Math.random,
    log,
  };
}

/** What the dataemon is made with. */
export function dataemonOptions(
  config: Config,
  surroundings: { readonly folder: string; readonly env: Readonly<Record<string, string | undefined>> },
  connection: PostgresConnection,
  log: Log,
): DataemonOptions {
  return {
    connection,
    schema: config.postgresSchema,
    rootSchema: config.rootPostgresSchema,
    table: config.postgresTable,
    package: packageSource(config, surroundings.folder),
    ...(config.dbtSelector === undefined ? {} : { selector: config.dbtSelector }),
    intervalMs: config.dataemonInterval * 1000,
    threads: config.dbtThreadCount,
    batchSize: config.dbtBatchSize,
    python: projectPlaces.python,
    projectFolder: projectPlaces.dbtProject,
    workFolder: resolve(surroundings.folder, config.embeddedDataDir, 'dataemon'),
    runTimeoutMs: config.dbtRunTimeout * 1000,
    environment: surroundings.env,
    log,
    clock: systemClock,
    random: Math.random,
  };
}

/** Local goes before git, git before tarball; none of them: the bundled package. */
export function packageSource(config: Config, folder: string): PackageSource {
  const { dbtLocalPath, chtPipelineBranchUrl, dbtPackageTarballUrl } = config;
  if (dbtLocalPath !== undefined) return { kind: 'local', path: resolve(folder, dbtLocalPath) };
  if (chtPipelineBranchUrl !== undefined) return { kind: 'git', url: chtPipelineBranchUrl };
  if (dbtPackageTarballUrl !== undefined) return { kind: 'tarball', url: dbtPackageTarballUrl };
  return { kind: 'bundled', path: projectPlaces.bundledPackage };
}
