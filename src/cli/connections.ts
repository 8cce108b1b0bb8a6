import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Config } from '../config/index.js';
import type { Couch2pgOptions, CouchDbServer } from '../couch2pg/index.js';
import type { DataemonOptions, PackageSource } from '../dataemon/index.js';
import { systemClock, type Log } from '../lib/index.js';
import type { PostgresConnection } from '../postgres/index.js';
import { projectPlaces } from './places.js';
import type { ConfigWithPostgres } from './required-hosts.js';

/**
 * The CouchDB servers that are configured, each with its databases; none means the embedded source. Every command that
 * speaks to CouchDB finds its servers by this alone, and calls their sources by `sourceName(server, database)`. A server
 * is also what a `CouchDbClient` is made with.
 */
export function couchDbServers({ couchdbServers }: Config, folder: string): CouchDbServer[] {
  const pem = (file: string | undefined) =>
    file === undefined ? undefined : readFileSync(resolve(folder, file), 'utf8');
  return couchdbServers.map(({ name, host, port, secure, user, password, databases, feed, readers, ...files }) => {
    const [ca, cert, key] = [pem(files.caFile), pem(files.certFile), pem(files.keyFile)];
    return {
      url: `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
      databases,
      liveFeed: feed,
      readers,
      ...(name === undefined ? {} : { name }),
      ...(user === undefined || password === undefined ? {} : { credentials: { user, password } }),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined || key === undefined ? {} : { certificate: { cert, key } }),
    };
  });
}

/** The embedded source, with what is configured for a CouchDB. */
export function embeddedServer(
  { couchdbDbs, couchdbFeed, couchdbReaders }: Config,
  { url, credentials }: Pick<CouchDbServer, 'url'> & { readonly credentials: { user: string; password: string } },
): CouchDbServer {
  return { url, credentials, databases: couchdbDbs, liveFeed: couchdbFeed, readers: couchdbReaders };
}

/** The PostgreSQL that is configured; that user, password and database are set was checked with the options. */
export function postgresConnection(config: ConfigWithPostgres, folder: string): PostgresConnection {
  const { postgresCaFile: caFile, postgresCertFile: certFile, postgresKeyFile: keyFile } = config;
  return {
    host: config.postgresHost,
    port: config.postgresPort,
    user: config.postgresUser ?? '',
    password: config.postgresPassword ?? '',
    database: config.postgresDb ?? '',
    sslmode: config.postgresSslmode,
    ...(caFile === undefined ? {} : { caFile: resolve(folder, caFile) }),
    ...(certFile === undefined ? {} : { certFile: resolve(folder, certFile) }),
    ...(keyFile === undefined ? {} : { keyFile: resolve(folder, keyFile) }),
  };
}

/** What couch2pg is made with. */
export function couch2pgOptions(
  config: Config,
  connections: { readonly couchdb: readonly CouchDbServer[]; readonly postgres: PostgresConnection },
  log: Log,
): Couch2pgOptions {
  return {
    couchdb: connections.couchdb,
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
    batchOrder: config.dbtBatchOrder,
    increments: config.dbtIncrements,
    python: projectPlaces.python,
    projectFolder: projectPlaces.dbtProject,
    bundledPackage: projectPlaces.bundledPackage,
    workFolder: resolve(surroundings.folder, config.embeddedDataDir, 'dataemon'),
    runTimeoutMs: config.dbtRunTimeout * 1000,
    rebuildTimeoutMs: config.dbtRebuildTimeout * 1000,
    testIntervalMs: config.dbtTestInterval * 60_000,
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
