import { delimiter } from 'node:path';
import type { PostgresConnection } from '../../postgres/index.js';

/** What packages read of the configuration by `env_var`. */
export interface WorkerSettings {
  readonly connection: PostgresConnection;
  readonly schema: string;
  readonly rootSchema: string;
  readonly table: string;
  readonly threads: number;
  readonly batchSize: number;
  readonly batchOrder: 'oldest' | 'newest';
}

/**
 * Variables that packages have no business with, or that would turn dbt, Python or libpq into something else. All others
 * are passed on: packages read variables of their own by `env_var`.
 */
const withheld = /^(COUCHDB_\w+|POSTGRES_\w+|NODE_\w+|npm_\w+|PYTHON\w*|VIRTUAL_ENV|PG[A-Z]+|DBT_(?!ENV_)\w+)$/i;

/** How often PostgreSQL looks whether a worker that was killed is still there, while it works for it. Of version 14. */
const clientCheck = '-c client_connection_check_interval=1000';

/**
 * The whole environment of the worker.
 *
 * @param serverVersion - PostgreSQL's `server_version_num`.
 */
export function workerEnvironment(
  settings: WorkerSettings,
  from: Readonly<Record<string, string | undefined>>,
  serverVersion: number,
): Record<string, string> {
  const { connection } = settings;
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(from)) {
    if (value !== undefined && !withheld.test(name)) environment[name] = value;
  }
  return {
    PATH: ['/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    ...environment,
    POSTGRES_HOST: connection.host,
    POSTGRES_PORT: String(connection.port),
    POSTGRES_USER: connection.user,
    POSTGRES_PASSWORD: connection.password,
    POSTGRES_DB: connection.database,
    POSTGRES_SCHEMA: settings.schema,
    POSTGRES_TABLE: settings.table,
    POSTGRES_SSLMODE: connection.sslmode ?? 'disable',
    ...(connection.caFile === undefined ? {} : { PGSSLROOTCERT: connection.caFile }),
    ...(connection.certFile === undefined ? {} : { PGSSLCERT: connection.certFile }),
    ...(connection.keyFile === undefined ? {} : { PGSSLKEY: connection.keyFile }),
    ...(serverVersion >= 140_000 ? { PGOPTIONS: clientCheck } : {}),
    ROOT_POSTGRES_SCHEMA: settings.rootSchema,
    DBT_THREAD_COUNT: String(settings.threads),
    DBT_BATCH_SIZE: String(settings.batchSize),
    DBT_BATCH_ORDER: settings.batchOrder,
    // The package leaves it to the dataemon to record its runs.
    CHT_SYNC_DATAEMON: 'true',
    // git must fail rather than ask for a password nobody can type.
    GIT_TERMINAL_PROMPT: '0',
    PYTHONUTF8: '1',
    PYTHONWARNINGS: 'ignore',
  };
}
