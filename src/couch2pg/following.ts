import { Database } from '../couchdb/index.js';
import { SyncError, waitAtMost } from '../lib/index.js';
import { isOfMissingTable, type TableNames } from '../postgres/index.js';
import type { Batch } from './batch.js';
import { Batcher } from './batcher.js';
import type { ControlWatch } from './control-watch.js';
import type { DocumentWriter } from './document-writer.js';
import { FeedReader } from './feed-reader.js';
import { lookAtDatabase } from './look-at-database.js';
import { openSource, type Opened } from './opening.js';
import type { SourceCounters } from './source-counters.js';
import type { SourceEvent } from './source-machine.js';
import { SourceRecord } from './source-record.js';
import type { SourceOptions } from './source.js';

/** What one go at a source needs. */
export interface FollowingOptions extends SourceOptions {
  readonly names: TableNames;
  readonly counters: SourceCounters;
  readonly control: ControlWatch;
  /** The process is told to stop. */
  readonly stop: AbortSignal;
  /** Aborted when the right to write is lost, or a write has failed. */
  readonly broken: AbortController;
  readonly on: (event: SourceEvent) => void;
  /** Something was written. */
  readonly onWritten: () => void;
  /** It goes on: CouchDB has given a sign of life, or something was written. */
  readonly onSign: () => void;
}

/** What is not written by then is read again after the next start. */
const longestDrainMs = 8_000;

/** How far a snapshot or a comparison is. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

/**
 * One go at a source, with its lock held: looks what the database is, mends what must be mended, and follows the feed
 * until the process stops, something fails, or there is a reason to begin anew (`#interrupt`).
 */
export class Following {
  progress: Progress | null = null;
  #batcher: Batcher | undefined;
  readonly #database: Database;
  readonly #record: SourceRecord;
  readonly #interrupt = new AbortController();
  /** Aborts with whatever ends this go. */
  readonly #signal: AbortSignal;

  constructor(private readonly options: FollowingOptions) {
    const { client, database, pool, names, name, stop, broken } = options;
    this.#database = new Database(client, database);
    this.#record = new SourceRecord(pool, names, name);
    this.#signal = AbortSignal.any([stop, broken.signal, this.#interrupt.signal]);
  }

  /** For how long the oldest change that was read has not been written, in milliseconds. */
  unwrittenMs(): number {
    const now = this.options.clock.now();
    return now - (this.#batcher?.unwrittenSince ?? now);
  }

  /**
   * @throws SyncError COUCHDB_*, POSTGRES_*, CHECKPOINT_MOVED. Returns when it was stopped or interrupted, with all that
   *   was read written.
   */
  async run(): Promise<void> {
    const { stop, broken, control } = this.options;
    const watching = control.untilChanged(this.#signal).then(() => this.#interrupt.abort());
    try {
      await this.#follow(
        await openSource({
          ...this.options,
          ...{ origin: this.#database, record: this.#record, signal: this.#signal },
          onProgress: (progress) => (this.progress = progress),
        }),
      );
    } catch (error) {
      broken.signal.throwIfAborted();
      if (error instanceof SyncError && error.code === 'COUCHDB_SEQUENCE_REFUSED') {
        await this.#record.beginRegression('renumbered');
      }
      if (!stop.aborted && !this.#interrupt.signal.aborted) throw error;
    } finally {
      this.#interrupt.abort();
      await watching;
    }
    broken.signal.throwIfAborted();
  }

  async #follow({ writer, since }: Opened): Promise<void> {
    const { liveFeed, heartbeatMs, batch, clock, log, counters, broken, on } = this.options;
    const batcher = new Batcher({
      ...batch,
      clock,
      write: (full) => this.#write(writer, full),
      onFailure: (error) => broken.abort(error),
    });
    this.#batcher = batcher;
    const reader = new FeedReader(
      {
        ...{ database: this.#database, sink: batcher, liveFeed, heartbeatMs, signal: this.#signal, clock, log },
        onReplaced: (count) => (counters.replacedCharacters += count),
        onSign: this.options.onSign,
      },
      since,
    );
    const left = new AbortController();
    const looking = this.#lookNowAndThen(AbortSignal.any([this.#signal, left.signal]));
    try {
      while (!this.#signal.aborted) {
        await reader.catchUp();
        this.#signal.throwIfAborted();
        on('caught-up');
        // A feed that CouchDB ends now and then is still live while its next page is fetched.
        if ((await reader.followLive()) === 'behind') on('fell-behind');
      }
    } catch (error) {
      if (!this.#signal.aborted || broken.signal.aborted) throw error;
    } finally {
      left.abort();
      await looking;
      // What was read is written first, and nothing is on its way any more when the next go reads the checkpoint.
      await waitAtMost(clock, longestDrainMs, batcher.drain());
    }
  }

  /** While the feed is followed, the database may turn out to be another: then this go ends, and the next one mends. */
  async #lookNowAndThen(signal: AbortSignal): Promise<void> {
    const { pauses, clock, log, counters } = this.options;
    for (;;) {
      await clock.sleep(pauses.lookMs, signal);
      if (signal.aborted) return;
      // Before it is read: the first batch may store it meanwhile.
      const hadCheckpoint = counters.sequence !== null;
      try {
        const stored = await this.#record.checkpoint();
        if (stored === undefined) {
          // Somebody has removed it, so that everything is read again.
          if (hadCheckpoint) this.#interrupt.abort();
          continue;
        }
        const { finding, mark } = await lookAtDatabase(this.#database, stored, signal);
        if (finding.kind === 'same') await this.#record.mark(mark);
        else this.#interrupt.abort();
      } catch (error) {
        // The feed and the writer meet what is wrong themselves, the writer of a quiet database long after.
        if (error instanceof SyncError && isOfMissingTable(error)) this.#interrupt.abort();
        log.debug({ err: error }, 'could not look at the database');
      }
    }
  }

  async #write(writer: DocumentWriter, batch: Batch): Promise<void> {
    const { counters, log, onWritten, onChange } = this.options;
    const written = await writer.write(batch);
    counters.wrote(batch, written);
    if (counters.rewindBegins(batch, written)) {
      log.warn(
        { regression: 'rewound' },
        'CouchDB sends changes again that are in the table: nothing is written twice',
      );
    }
    const { changes, bytes } = batch;
    log.debug({ changes, rows: written.rows, bytes, pending: counters.pending }, 'wrote a batch');
    // A checkpoint alone proves little: pages may work where the live feed does not.
    if (changes > 0) onWritten();
    else onChange();
  }
}
