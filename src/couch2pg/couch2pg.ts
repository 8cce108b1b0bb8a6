import type pg from 'pg';
import { CouchDbClient, type Credentials, type FeedMode } from '../couchdb/index.js';
import { Backoff, SyncError, type Clock, type Log } from '../lib/index.js';
import { createPool, migrate, type PostgresConnection } from '../postgres/index.js';
import { Source, type SourcePauses } from './source.js';
import type { SourceStatus } from './source-status.js';

/** What couch2pg is to do. */
export interface Couch2pgOptions {
  readonly couchdb: {
    /** Scheme, host and port; no credentials. */
    readonly url: string;
    readonly credentials?: Credentials;
    /** Certificates of the authorities to trust, in PEM. */
    readonly ca?: string;
    readonly databases: readonly string[];
    readonly liveFeed: Exclude<FeedMode, 'normal'>;
    /** How often CouchDB shows that it is alive while nothing happens, in milliseconds; three in a row may be missed. */
    readonly heartbeatMs?: number;
  };
  readonly postgres: {
    readonly connection: PostgresConnection;
    readonly schema: string;
    readonly table: string;
  };
  readonly batch: {
    readonly rows: number;
    readonly bytes: number;
    readonly lingerMs: number;
  };
  /** How long a source waits for what; for tests that cannot wait as long. */
  readonly pauses?: Partial<SourcePauses>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** Streams databases of CouchDB into PostgreSQL. */
export interface Couch2pg {
  /** Runs until `signal` aborts, then writes what it has read and returns. */
  run(signal: AbortSignal): Promise<void>;
  /** How each source stands now. */
  status(): SourceStatus[];
  /** Calls the listener after each change of a status. */
  onChange(listener: () => void): void;
}

const connectionsPerSource = 3;
const defaultHeartbeatMs = 10_000;
const defaultPauses: SourcePauses = { firstMs: 500, longestMs: 60_000, lookMs: 60_000, standbyMs: 5_000 };

/** Makes a couch2pg for the databases of one CouchDB server; each is followed by itself. */
export function createCouch2pg(options: Couch2pgOptions): Couch2pg {
  const { couchdb, postgres, batch, clock, random, log } = options;
  const listeners: (() => void)[] = [];
  const onChange = () => listeners.forEach((listener) => listener());
  const { liveFeed, databases, heartbeatMs = defaultHeartbeatMs, ...server } = couchdb;
  const client = new CouchDbClient(server);
  const pool = createPool({
    connection: postgres.connection,
    applicationName: 'cht-sync couch2pg',
    max: databases.length * connectionsPerSource,
    log,
  });
  const host = new URL(couchdb.url).hostname;
  const pauses = { ...defaultPauses, ...options.pauses };
  const sources = databases.map((database) => {
    const name = `${host}/${database}`;
    return new Source({
      ...{ ...postgres, name, database, client, liveFeed, heartbeatMs, pool, batch, pauses },
      ...{ clock, random, onChange },
      log: log.child({ source: name }),
    });
  });
  return {
    run: async (signal) => {
      await migrateInTime(options, pool, sources, signal);
      await Promise.all(sources.map((source) => source.run(signal)));
      await Promise.all([client.close(), pool.end()]);
    },
    status: () => sources.map((source) => source.status()),
    onChange: (listener) => listeners.push(listener),
  };
}

/** Prepares the tables as soon as PostgreSQL lets it. */
async function migrateInTime(
  { postgres: { schema, table }, pauses, clock, random, log }: Couch2pgOptions,
  pool: pg.Pool,
  sources: readonly Source[],
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff({ ...defaultPauses, ...pauses, random });
  while (!signal.aborted) {
    try {
      await migrate({ pool, family: 'documents', schema, table, log });
      return;
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      for (const source of sources) source.blockedBy(error);
      if (backoff.failures === 0) log.warn({ code: error.code, remedy: error.remedy }, error.message);
      await clock.sleep(error.passing ? backoff.next() : backoff.slowest(), signal);
    }
  }
}
