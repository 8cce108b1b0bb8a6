import type pg from 'pg';
import type { CouchDbClient, FeedMode } from '../couchdb/index.js';
import { Backoff, messageOf, SyncError, type Clock, type ErrorCode, type Log, type Slots } from '../lib/index.js';
import {
  isOfMissingTable,
  readControl,
  reportSource,
  tableNames,
  type PostgresConnection,
  type TableNames,
} from '../postgres/index.js';
import type { BatcherOptions } from './batcher.js';
import { ControlWatch } from './control-watch.js';
import { Following } from './following.js';
import { SourceCounters } from './source-counters.js';
import { loadProgress } from './load-progress.js';
import { lockSource, type SourceLock } from './source-lock.js';
import { SignsOfLife } from './signs-of-life.js';
import { nextState, type SourceEvent, type SourceState } from './source-machine.js';
import type { SourceStatus } from './source-status.js';

/** One database of one CouchDB server, and where it goes. */
export interface SourceOptions {
  /** `<host>/<database>`, host without port. */
  readonly name: string;
  readonly database: string;
  readonly client: CouchDbClient;
  readonly liveFeed: Exclude<FeedMode, 'normal'>;
  readonly heartbeatMs: number;
  /** How many requests a first load may make at once; shared by the sources of one CouchDB. */
  readonly readers: Slots;
  /** For comparing with the table; shared by all sources. */
  readonly comparisons: Slots;
  readonly connection: PostgresConnection;
  readonly pool: pg.Pool;
  readonly schema: string;
  readonly table: string;
  readonly batch: Pick<BatcherOptions, 'rows' | 'bytes' | 'lingerMs' | 'inFlight'>;
  readonly pauses: SourcePauses;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Makes the tables that are missing. */
  readonly prepareTables: () => Promise<void>;
  /** Called whenever the status has changed. */
  readonly onChange: () => void;
  /** Told how long each batch of documents took, in milliseconds. */
  readonly onBatch: (durationMs: number) => void;
}

/** How long a source waits for what, in milliseconds. */
export interface SourcePauses {
  /** Before the first try after an error. */
  readonly firstMs: number;
  /** Before a later one, and always where the error does not pass by itself. */
  readonly longestMs: number;
  /** Between two looks whether the database is still what it was. */
  readonly lookMs: number;
  /** Between two tries to take over from another process. */
  readonly standbyMs: number;
}

/** `couchdb_progress.updated_at` is at most this old. */
const reportEveryMs = 30_000;

/** CouchDB, or a proxy before it, may ask for a longer pause than ours (Retry-After), but not for any. */
const longestAskedPauseMs = 600_000;

/** A feed that fails sooner than this has not become well by being live: its pages may work where it does not. */
const steadyMs = 10_000;

/** Brings the documents of one database into the table, for as long as it is let: a life of its own, with its own backoff. */
export class Source {
  #state: SourceState = 'starting';
  /** The state that was logged last. */
  #told: SourceState = 'starting';
  #error: SyncError | null = null;
  /** The error that was logged last and is not known to be over. */
  #toldCode: ErrorCode | undefined;
  #liveSince: number | undefined;
  #following: Following | undefined;
  #ownsProgress = false;
  #reported: Promise<void> = Promise.resolve();
  readonly #life = new SignsOfLife();
  readonly #counters: SourceCounters;
  readonly #backoff: Backoff;
  readonly #names: TableNames;

  constructor(private readonly options: SourceOptions) {
    this.#counters = new SourceCounters(options.clock, options.onBatch);
    this.#backoff = new Backoff({ ...options.pauses, random: options.random });
    this.#names = tableNames(options.schema, options.table);
  }

  status(): SourceStatus {
    const { sequence, pending, written, bytes, unchanged, rejected, replacedCharacters, ...counters } = this.#counters;
    const { regressions, lastChangeAt, savedTimestamp, caughtUpAt, errors } = counters;
    const isLive = this.#state === 'live';
    return {
      ...{ source: this.options.name, state: this.#state, sequence, pending, written, bytes, unchanged, rejected },
      ...{ replacedCharacters, regressions, lastChangeAt, savedTimestamp, caughtUpAt, errors: { ...errors } },
      progress: this.#following?.progress ?? null,
      ratePerSecond: this.#counters.ratePerSecond(),
      lagMs: isLive ? (this.#following?.unwrittenMs() ?? 0) : null,
      error: this.#error && { code: this.#error.code, message: this.#error.message, remedy: this.#error.remedy },
    };
  }

  /** Why it seems never to go on by itself, which is a defect of ours; undefined while it moves. */
  get stuck(): string | undefined {
    const words = this.#life.stuck(this.#state);
    return words === undefined ? undefined : `${this.options.name} ${words}`;
  }

  /** Lives until `signal` aborts; what was read by then is written first. Never throws for what fails outside. */
  async run(signal: AbortSignal): Promise<void> {
    this.#life.sign();
    if (this.#state !== 'starting') this.#on('retried');
    const isOver = () => signal.aborted;
    while (!isOver()) {
      const pause = await this.#hold(signal).catch((error: unknown) => this.#failed(error));
      if (pause === undefined || isOver()) continue;
      await this.options.clock.sleep(pause, signal);
      if (!isOver()) this.#on('retried');
    }
    this.#on('stopped');
  }

  /** Tells that it has not begun because the tables are not ready. */
  blockedBy(error: SyncError): void {
    if (this.#state !== 'starting') this.#on('retried');
    this.#error = error;
    this.#counters.failedWith(error.code);
    this.#on(error.passing ? 'failed-for-now' : 'failed-for-good');
  }

  /**
   * From taking the lock until something fails or the signal comes. What ends it is reported while the lock is held: the
   * row of `couchdb_progress` is the next holder's then.
   *
   * @returns how long to wait before the next try, in milliseconds; undefined when it was told to stop.
   */
  async #hold(stop: AbortSignal): Promise<number | undefined> {
    const { name, connection, clock, schema, table, pool, pauses, prepareTables } = this.options;
    // Somebody has dropped the schema, to begin anew.
    if (this.#error !== null && isOfMissingTable(this.#error)) await prepareTables();
    const broken = new AbortController();
    const held = AbortSignal.any([stop, broken.signal]);
    const control = new ControlWatch(() => readControl(pool, this.#names, name));
    const lock = await lockSource({
      ...{ connection, source: name, clock, signal: stop, standbyMs: pauses.standbyMs },
      name: `couch2pg ${schema}.${table} ${name}`,
      onStandby: () => this.#on('lock-refused'),
      onTry: () => this.#life.sign(),
      onLost: (error) => broken.abort(error),
      onControl: () => void control.look(),
    });
    if (lock === undefined) return undefined;
    this.#ownsProgress = true;
    this.#on('locked');
    const reporting = this.#reportNowAndThen(held, control, lock);
    try {
      await this.#obey(control, stop, broken);
      if (stop.aborted) this.#on('stopped');
      return undefined;
    } catch (error) {
      return stop.aborted ? undefined : this.#failed(broken.signal.aborted ? broken.signal.reason : error);
    } finally {
      broken.abort();
      await Promise.all([reporting, this.#reported]);
      this.#ownsProgress = false;
      await lock.release();
    }
  }

  /** Follows the source, or waits while it is paused. */
  async #obey(control: ControlWatch, stop: AbortSignal, broken: AbortController): Promise<void> {
    const held = AbortSignal.any([stop, broken.signal]);
    const isOver = () => held.aborted;
    while (!isOver()) {
      await control.look();
      if (control.current.paused) {
        this.#on('paused');
        await control.untilChanged(held);
        if (!isOver()) this.#on('resumed');
        continue;
      }
      this.#following = new Following({
        ...this.options,
        ...{ names: this.#names, counters: this.#counters, control, stop, broken },
        on: (event) => this.#on(event),
        onWritten: () => this.#succeeded(),
        onSign: () => this.#life.sign(),
      });
      await this.#following.run();
      this.#leaveFollowing();
      if (!isOver()) this.#on('interrupted');
    }
    broken.signal.throwIfAborted();
  }

  #succeeded(): void {
    this.#life.sign();
    this.#isWell();
    this.#error = null;
    this.options.onChange();
  }

  /** What failed before is over. */
  #isWell(): void {
    this.#backoff.reset();
    this.#toldCode = undefined;
  }

  /** Takes note of an error; gives the pause before the next try, in milliseconds. */
  #failed(thrown: unknown): number {
    const { log, clock } = this.options;
    this.#leaveFollowing();
    const wasSteady = this.#state === 'live' && clock.now() - (this.#liveSince ?? 0) >= steadyMs;
    if (wasSteady) this.#isWell();
    const error = thrown instanceof SyncError ? thrown : undefined;
    if (error === undefined) log.error({ err: thrown }, 'a defect of CHT Sync');
    this.#error = error ?? new SyncError('POSTGRES_STATEMENT_FAILED', messageOf(thrown), { passing: true });
    const { code, message, remedy, passing, retryAfterMs = 0 } = this.#error;
    this.#counters.failedWith(code);
    if (code !== this.#toldCode) log.warn({ code, remedy }, message);
    this.#toldCode = code;
    this.#on(passing ? 'failed-for-now' : 'failed-for-good');
    const pause = passing ? this.#backoff.next() : this.#backoff.slowest();
    return Math.max(pause, Math.min(retryAfterMs, longestAskedPauseMs));
  }

  #leaveFollowing(): void {
    this.#leaveLive();
    this.#following = undefined;
  }

  #leaveLive(): void {
    if (this.#state !== 'live' || this.#following === undefined) return;
    this.#counters.leftLive(this.#following.unwrittenMs());
  }

  #on(event: SourceEvent): void {
    this.#life.sign();
    const state = nextState(this.#state, event);
    if (state === this.#state) return;
    this.#leaveLive();
    this.#state = state;
    if (state === 'live') {
      this.#error = null;
      this.#liveSince = this.options.clock.now();
      this.#counters.pending = 0;
    }
    const { log, name, onChange } = this.options;
    // What a new try goes through is told when it has succeeded: an outage is one line, however many tries it takes.
    const isTry = this.#error !== null && (state === 'starting' || state === 'catching-up');
    const level = isTry || state === this.#told ? 'debug' : 'info';
    if (!isTry) this.#told = state;
    log[level]({ state, sequence: this.#counters.sequence?.slice(0, 20) }, `${name} is ${state}`);
    onChange();
    void this.#report();
  }

  async #reportNowAndThen(signal: AbortSignal, control: ControlWatch, lock: SourceLock): Promise<void> {
    while (!signal.aborted) {
      this.#life.report();
      // Behind the notification, which may get lost.
      await Promise.all([control.look(), lock.check(), this.#report()]);
      this.#tellProgress();
      await this.options.clock.sleep(reportEveryMs, signal);
    }
    this.#life.endReports();
  }

  #tellProgress(): void {
    const loading = loadProgress(this.status());
    if (loading === null) return;
    const { done, total, leftMs } = loading;
    const minutesLeft = leftMs === null ? null : Math.ceil(leftMs / 60_000);
    this.options.log.info({ done, total, minutesLeft }, `${this.options.name}: ${done} of ${total}`);
  }

  /** One report after the other, each of the state at its time: the last that is stored is the last that was. */
  #report(): Promise<void> {
    if (this.#ownsProgress) this.#reported = this.#reported.then(() => this.#storeReport());
    return this.#reported;
  }

  async #storeReport(): Promise<void> {
    const { pool, name, log } = this.options;
    const report = { state: this.#state, pending: this.#counters.pending, error: this.#error };
    try {
      await reportSource(pool, this.#names, name, report);
    } catch (error) {
      log.debug({ error: messageOf(error) }, 'could not store the state');
    }
  }
}
