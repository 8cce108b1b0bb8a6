import { readFileSync } from 'node:fs';
import { checkServerIdentity } from 'node:tls';
import pg from 'pg';
import type { Log } from '../lib/index.js';
import { SyncError, messageOf } from '../lib/index.js';

/** Where PostgreSQL is and how to sign in. */
export interface PostgresConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /**
   * As libpq's: `disable` (default), `require` (encrypted, not checked unless `caFile` is there), `verify-ca` (the
   * certificate is checked), `verify-full` (its name, too).
   */
  readonly sslmode?: 'disable' | 'require' | 'verify-ca' | 'verify-full';
  /** A file with the certificates of the authorities to trust, in PEM; without it those that Node trusts. */
  readonly caFile?: string;
  /** Files with the certificate to show and its private key, in PEM. */
  readonly certFile?: string;
  readonly keyFile?: string;
  /**
   * How long a statement may take to be answered before its connection counts as dead, in milliseconds; two minutes if
   * missing. What may take longer says so with the statement (`query_timeout`).
   */
  readonly answerTimeoutMs?: number;
}

/** How a pool is used. */
export interface PoolOptions {
  readonly connection: PostgresConnection;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  /** The most connections it opens. */
  readonly max: number;
  readonly log: Log;
}

const connectTimeoutMs = 10_000;
/** How long a transaction may wait for a connection of the pool: with sixty sources in their first load, some minutes. */
const turnTimeoutMs = 600_000;
const defaultAnswerTimeoutMs = 120_000;
/** Waiting for a lock ends, and is told as that, well before the connection would count as dead. */
const lockShareOfAnswer = 1 / 4;
/** A cancelled or forgotten transaction of ours must not hold its locks for ever. */
const idleInTransactionTimeoutMs = 300_000;

/** The settings of a single connection, for `pg.Client` and `pg.Pool`. */
export function clientConfig(connection: PostgresConnection, applicationName: string): pg.ClientConfig {
  const answerTimeoutMs = connection.answerTimeoutMs ?? defaultAnswerTimeoutMs;
  return {
    host: connection.host,
    port: connection.port,
    user: connection.user,
    password: connection.password,
    database: connection.database,
    ssl: sslOptions(connection),
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: answerTimeoutMs,
    lock_timeout: Math.ceil(answerTimeoutMs * lockShareOfAnswer),
    idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: connectTimeoutMs,
  };
}

/**
 * Makes a pool. Idle connections that break are logged and replaced; nothing is thrown for them. Of one that breaks in
 * use, the query tells.
 */
export function createPool({ connection, applicationName, max, log }: PoolOptions): pg.Pool {
  const config = clientConfig(connection, applicationName);
  // `pg.Pool` has one limit for connecting and for waiting for a turn.
  const Client = class extends pg.Client {
    constructor() {
      super(config);
    }
  };
  const pool = new pg.Pool({ ...config, Client, max, connectionTimeoutMillis: turnTimeoutMs });
  pool.on('error', (error) => log.debug({ error: error.message }, 'an idle PostgreSQL connection broke'));
  // The pool listens to idle connections only, and an `error` that nobody hears would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

function sslOptions(connection: PostgresConnection): pg.ClientConfig['ssl'] {
  const { host, sslmode = 'disable', caFile, certFile, keyFile } = connection;
  if (sslmode === 'disable') return false;
  const files = {
    ...(caFile === undefined ? {} : { ca: readPem(caFile, 'POSTGRES_CA_FILE') }),
    ...(certFile === undefined ? {} : { cert: readPem(certFile, 'POSTGRES_CERT_FILE') }),
    ...(keyFile === undefined ? {} : { key: readPem(keyFile, 'POSTGRES_KEY_FILE') }),
  };
  if (sslmode === 'require' && caFile === undefined) return { ...files, rejectUnauthorized: false };
  // Left to itself, `pg` compares the name with "localhost" where the host is an address.
  const checkName: typeof checkServerIdentity = (_, certificate) => checkServerIdentity(host, certificate);
  return {
    ...files,
    rejectUnauthorized: true,
    checkServerIdentity: sslmode === 'verify-full' ? checkName : () => undefined,
  };
}

function readPem(file: string, option: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SyncError('CONFIG_INVALID', `The file ${file} cannot be read: ${messageOf(cause)}`, {
      remedy: `Correct ${option}.`,
      cause,
    });
  }
}
