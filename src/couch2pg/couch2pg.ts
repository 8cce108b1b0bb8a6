import type pg from 'pg';
import { CouchDbClient } from '../couchdb/index.js';
import { Backoff, Slots, SyncError, untilAborted, type Clock, type Log } from '../lib/index.js';
import { createPool, migrate, type PostgresConnection } from '../postgres/index.js';
import { sourceName, type CouchDbServer } from './couchdb-server.js';
import { Source, type SourcePauses } from './source.js';
import type { SourceStatus } from './source-status.js';

/** What couch2pg is to do. */
export interface Couch2pgOptions {
  /** Each database of each is a source; all sources have different names. */
  readonly couchdb: readonly CouchDbServer[];
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
  /** Calls the listener after each batch of documents of a source, with how long it took to be written, in milliseconds. */
  onBatch(listener: (source: string, durationMs: number) => void): void;
  /** Why sources seem never to go on by themselves, a line each; CouchDB or PostgreSQL being away is no reason. */
  stuck(): string[];
}

const batchesInFlight = 2;
/** One for each batch on its way, one for reports. */
const connectionsPerSource = batchesInFlight + 1;
/**
 * Sources that outnumber them take turns: PostgreSQL has 100 by default, and others want some. More would not be faster:
 * upserts wait for each other.
 */
const mostConnections = 12;
/** A comparison holds a connection while it asks for another: there must always be one more. */
const comparisonsAtOnce = mostConnections / 4;
/** More sources than these share the memory that so many may take. */
const sourcesWithFullBatches = 8;
/** Whoever runs it kills it after ten seconds. */
const longestStopMs = 9_000;
const defaultReaders = 4;
const defaultHeartbeatMs = 10_000;
const defaultPauses: SourcePauses = { firstMs: 500, longestMs: 60_000, lookMs: 60_000, standbyMs: 5_000 };

/** Makes a couch2pg for the databases of one or several CouchDB servers; each is followed by itself. */
export function createCouch2pg(options: Couch2pgOptions): Couch2pg {
  const { couchdb, postgres, batch, clock, random, log } = options;
  const listeners: (() => void)[] = [];
  const batchListeners: ((source: string, durationMs: number) => void)[] = [];
  const onChange = () => listeners.forEach((listener) => listener());
  const count = couchdb.reduce((sum, { databases }) => sum + databases.length, 0);
  const readers = couchdb.reduce((sum, server) => sum + (server.readers ?? defaultReaders), 0);
  const pool = createPool({
    connection: postgres.connection,
    applicationName: 'cht-sync couch2pg',
    max: Math.min(count * connectionsPerSource + readers, mostConnections),
    log,
  });
  // Where sources outnumber connections, a batch must not hold one while it waits for the batch before it.
  const inFlight = count * connectionsPerSource <= mostConnections ? batchesInFlight : 1;
  const bytes = Math.ceil(batch.bytes * Math.min(1, sourcesWithFullBatches / count));
  const comparisons = new Slots(comparisonsAtOnce);
  const pauses = { ...defaultPauses, ...options.pauses };
  const clients: CouchDbClient[] = [];
  const sources = couchdb.flatMap(({ liveFeed, databases, ...server }) => {
    const { heartbeatMs = defaultHeartbeatMs, readers = defaultReaders } = server;
    const client = new CouchDbClient(server);
    const slots = new Slots(readers);
    clients.push(client);
    return databases.map((database) => {
      const name = sourceName(server, database);
      return new Source({
        ...{ ...postgres, name, database, client, liveFeed, heartbeatMs, pool, pauses, clock, random, onChange },
        batch: { ...batch, bytes, inFlight },
        readers: slots,
        comparisons,
        onBatch: (durationMs) => batchListeners.forEach((listener) => listener(name, durationMs)),
        log: log.child({ source: name }),
        prepareTables: () => migrateWith(options, pool),
      });
    });
  });
  return {
    run: async (signal) => {
      const ended = new AbortController();
      const running = (async () => {
        await migrateInTime(options, pool, sources, signal);
        await Promise.all(sources.map((source) => source.run(signal)));
        await Promise.all([...clients.map((client) => client.close()), pool.end()]);
      })().finally(() => ended.abort());
      await Promise.race([running, stopInTime(options, signal, ended.signal)]);
    },
    status: () => sources.map((source) => source.status()),
    onChange: (listener) => listeners.push(listener),
    onBatch: (listener) => batchListeners.push(listener),
    stuck: () => sources.map(({ stuck }) => stuck).filter((words) => words !== undefined),
  };
}

/** Resolves when it has taken too long to stop: something does not answer, and will not be waited for. */
async function stopInTime({ clock, log }: Couch2pgOptions, stop: AbortSignal, ended: AbortSignal): Promise<void> {
  await untilAborted(AbortSignal.any([stop, ended]));
  await clock.sleep(longestStopMs, ended);
  if (!ended.aborted) log.warn('could not stop in time: what was not written is read again after the next start');
}

/** Prepares the tables as soon as PostgreSQL lets it. */
async function migrateInTime(
  options: Couch2pgOptions,
  pool: pg.Pool,
  sources: readonly Source[],
  signal: AbortSignal,
): Promise<void> {
  const { pauses, clock, random, log } = options;
  const backoff = new Backoff({ ...defaultPauses, ...pauses, random });
  while (!signal.aborted) {
    try {
      await migrateWith(options, pool);
      return;
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      for (const source of sources) source.blockedBy(error);
      if (backoff.failures === 0) log.warn({ code: error.code, remedy: error.remedy }, error.message);
      await clock.sleep(error.passing ? backoff.next() : backoff.slowest(), signal);
    }
  }
}

function migrateWith({ postgres: { schema, table }, log }: Couch2pgOptions, pool: pg.Pool): Promise<void> {
  return migrate({ pool, family: 'documents', schema, table, log });
}
