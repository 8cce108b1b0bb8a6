import type pg from 'pg';
import { Database, type CouchDbClient, type FeedMode } from '../couchdb/index.js';
import { Backoff, messageOf, SyncError, type Clock, type Log } from '../lib/index.js';
import { readCheckpoint, reportSource, tableNames, type PostgresConnection } from '../postgres/index.js';
import type { Batch } from './batch.js';
import { Batcher, type BatcherOptions } from './batcher.js';
import { DocumentWriter } from './document-writer.js';
import { FeedReader } from './feed-reader.js';
import { Rate } from './rate.js';
import { lockSource } from './source-lock.js';
import type { SourceState, SourceStatus } from './source-status.js';

/** One database of one CouchDB server, and where it goes. */
export interface SourceOptions {
  /** `<host>/<database>`, host without port. */
  readonly name: string;
  readonly database: string;
  readonly client: CouchDbClient;
  readonly liveFeed: Exclude<FeedMode, 'normal'>;
  readonly heartbeatMs: number;
  readonly connection: PostgresConnection;
  readonly pool: pg.Pool;
  readonly schema: string;
  readonly table: string;
  readonly batch: Pick<BatcherOptions, 'rows' | 'bytes' | 'lingerMs'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Called whenever the status has changed. */
  onChange(): void;
}

/** `couchdb_progress.updated_at` is at most this old. */
const reportEveryMs = 30_000;
const firstPauseMs = 500;
const longestPauseMs = 60_000;
const batchesInFlight = 2;
/** What is not written by then is read again after the next start. */
const longestDrainMs = 8_000;
const rateWindowMs = 5_000;
const beginning = '0';

/** Brings the documents of one database into the table, for as long as it is let: a life of its own, with its own backoff. */
export class Source {
  #state: SourceState = 'starting';
  #error: SyncError | null = null;
  #sequence: string | null = null;
  #pending: number | null = null;
  #written = 0;
  #rejected = 0;
  #replacedCharacters = 0;
  #lastChangeAt: number | null = null;
  #savedTimestamp: string | null = null;
  #batcher: Batcher | undefined;
  #reported: Promise<void> = Promise.resolve();
  readonly #rate = new Rate(rateWindowMs);
  readonly #backoff: Backoff;

  constructor(private readonly options: SourceOptions) {
    this.#backoff = new Backoff({ firstMs: firstPauseMs, longestMs: longestPauseMs, random: options.random });
  }

  status(): SourceStatus {
    const now = this.options.clock.now();
    const behind = now - (this.#batcher?.unwrittenSince ?? now);
    return {
      source: this.options.name,
      state: this.#state,
      sequence: this.#sequence,
      pending: this.#pending,
      written: this.#written,
      rejected: this.#rejected,
      replacedCharacters: this.#replacedCharacters,
      ratePerSecond: this.#rate.perSecond(now),
      lagMs: this.#state === 'live' ? behind : null,
      lastChangeAt: this.#lastChangeAt,
      savedTimestamp: this.#savedTimestamp,
      error: this.#error && { code: this.#error.code, message: this.#error.message, remedy: this.#error.remedy },
    };
  }

  /** Lives until `signal` aborts; what was read by then is written first. Never throws for what fails outside. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#follow(signal);
      } catch (error) {
        await this.#waitAfter(error, signal);
      }
    }
    this.#enter('stopped');
    await this.#report();
  }

  /** Tells that it has not begun because the tables are not ready. */
  blockedBy(error: SyncError): void {
    this.#error = error;
    this.#enter(error.passing ? 'backing-off' : 'failed');
  }

  /** One go: from taking the lock until something fails or the signal comes. */
  async #follow(stop: AbortSignal): Promise<void> {
    const { name, connection, clock, schema, table } = this.options;
    const go = new AbortController();
    const signal = AbortSignal.any([stop, go.signal]);
    const lock = await lockSource({
      connection,
      name: `couch2pg ${schema}.${table} ${name}`,
      clock,
      signal,
      onStandby: () => this.#enter('standby'),
      onLost: (error) => go.abort(error),
    });
    if (lock === undefined) return;
    const reporting = this.#reportNowAndThen(signal);
    try {
      await this.#read(stop, go);
    } catch (error) {
      throw go.signal.aborted ? go.signal.reason : error;
    } finally {
      go.abort();
      await reporting;
      await lock.release();
    }
  }

  async #read(stop: AbortSignal, go: AbortController): Promise<void> {
    const { client, liveFeed, heartbeatMs, clock, log } = this.options;
    const signal = AbortSignal.any([stop, go.signal]);
    const database = new Database(client, this.options.database);
    const { since, writer } = await this.#openWriter(database, signal);
    const batcher = new Batcher({
      ...this.options.batch,
      inFlight: batchesInFlight,
      clock,
      write: (batch) => this.#write(writer, batch),
      onFailure: (error) => go.abort(error),
    });
    this.#batcher = batcher;
    const reader = new FeedReader(
      {
        ...{ database, sink: batcher, liveFeed, heartbeatMs, signal, clock, log },
        onReplaced: (count) => (this.#replacedCharacters += count),
      },
      since,
    );
    try {
      this.#enter('catching-up');
      while (!signal.aborted) {
        await reader.catchUp();
        signal.throwIfAborted();
        this.#enter('live');
        // A feed that CouchDB ends now and then is still live while its next page is fetched.
        if ((await reader.followLive()) === 'behind') this.#enter('catching-up');
      }
    } catch (error) {
      if (!stop.aborted || go.signal.aborted) throw error;
    }
    // Told to stop: what was read is written, then it ends.
    const drained = new AbortController();
    await Promise.race([batcher.drain(), clock.sleep(longestDrainMs, drained.signal)]);
    drained.abort();
    go.signal.throwIfAborted();
  }

  async #openWriter(database: Database, signal: AbortSignal): Promise<{ since: string; writer: DocumentWriter }> {
    const { name, pool, schema, table, log } = this.options;
    const stored = await readCheckpoint(pool, tableNames(schema, table), name);
    const { instanceStartTime } = await database.info(signal);
    const known = stored?.instanceStartTime ?? instanceStartTime;
    const recreated = known !== instanceStartTime;
    if (recreated) log.warn('the database was deleted and made anew: reading it from the beginning');
    const since = recreated ? beginning : (stored?.sequence ?? beginning);
    this.#sequence = stored?.sequence ?? null;
    const writer = new DocumentWriter({
      ...{ pool, schema, table, source: name, log },
      sequence: stored?.sequence,
      instanceStartTime: instanceStartTime ?? null,
    });
    return { since, writer };
  }

  async #write(writer: DocumentWriter, batch: Batch): Promise<void> {
    const { clock, log } = this.options;
    const { rows, rejected, savedTimestamp } = await writer.write(batch);
    const now = clock.now();
    this.#backoff.reset();
    this.#error = null;
    this.#written += batch.changes;
    this.#rejected += rejected;
    this.#rate.add(now, batch.changes);
    this.#sequence = batch.sequence ?? this.#sequence;
    if (batch.pending !== null) this.#pending = batch.pending;
    else if (this.#pending !== null) this.#pending = Math.max(0, this.#pending - batch.changes);
    if (rows > 0) this.#lastChangeAt = now;
    this.#savedTimestamp = savedTimestamp ?? this.#savedTimestamp;
    log.debug({ changes: batch.changes, rows, bytes: batch.bytes, pending: this.#pending }, 'wrote a batch');
    this.options.onChange();
  }

  async #waitAfter(thrown: unknown, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.options;
    if (signal.aborted) return;
    const before = this.#error?.code;
    const error = thrown instanceof SyncError ? thrown : undefined;
    if (error === undefined) log.error({ err: thrown }, 'a defect of CHT Sync');
    this.#error = error ?? new SyncError('POSTGRES_STATEMENT_FAILED', messageOf(thrown), { passing: true });
    const { code, message, remedy, passing } = this.#error;
    if (code !== before) log.warn({ code, remedy }, message);
    this.#enter(passing ? 'backing-off' : 'failed');
    await clock.sleep(passing ? this.#backoff.next() : this.#backoff.slowest(), signal);
  }

  #enter(state: SourceState): void {
    if (this.#state === state) return;
    this.#state = state;
    if (state === 'live') {
      this.#error = null;
      this.#backoff.reset();
      this.#pending = 0;
    }
    this.options.log.info({ state, sequence: this.#sequence?.slice(0, 20) }, `${this.options.name} is ${state}`);
    this.options.onChange();
    void this.#report();
  }

  async #reportNowAndThen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#report();
      await this.options.clock.sleep(reportEveryMs, signal);
    }
  }

  /** One report after the other, each of the state at its time: the last that is stored is the last that was. */
  #report(): Promise<void> {
    this.#reported = this.#reported.then(() => this.#storeReport());
    return this.#reported;
  }

  async #storeReport(): Promise<void> {
    const { pool, schema, table, name, log } = this.options;
    const report = { state: this.#state, pending: this.#pending, error: this.#error };
    try {
      await reportSource(pool, tableNames(schema, table), name, report);
    } catch (error) {
      log.debug({ error: messageOf(error) }, 'could not store the state');
    }
  }
}
