import { Database } from '../couchdb/index.js';
import {
  beginRegression,
  classified,
  endRegression,
  readCheckpoint,
  storeMark,
  type Checkpoint,
  type DatabaseMark,
  type TableNames,
} from '../postgres/index.js';
import type { Batch } from './batch.js';
import { Batcher } from './batcher.js';
import type { ControlWatch } from './control-watch.js';
import { DocumentWriter } from './document-writer.js';
import { FeedReader } from './feed-reader.js';
import { lookAtDatabase, type Look } from './look-at-database.js';
import { describeRegression, mend } from './mend.js';
import { markOf } from './regression.js';
import type { SourceCounters } from './source-counters.js';
import type { SourceEvent } from './source-machine.js';
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
}

/** What is not written by then is read again after the next start. */
const longestDrainMs = 8_000;
const beginning = '0';

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
  readonly #interrupt = new AbortController();
  /** Aborts with whatever ends this go. */
  readonly #signal: AbortSignal;

  constructor(private readonly options: FollowingOptions) {
    const { client, database, stop, broken } = options;
    this.#database = new Database(client, database);
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
      const { since, writer } = await this.#open();
      await this.#follow(writer, since);
    } catch (error) {
      broken.signal.throwIfAborted();
      if (!stop.aborted && !this.#interrupt.signal.aborted) throw error;
    } finally {
      this.#interrupt.abort();
      await watching;
    }
    broken.signal.throwIfAborted();
  }

  async #open(): Promise<{ since: string; writer: DocumentWriter }> {
    const { counters, on } = this.options;
    const stored = await this.#checkpoint();
    counters.sequence = stored?.sequence ?? null;
    const writer = this.#writer(stored?.sequence);
    if (stored === undefined) {
      await this.#storeMark(markOf(await this.#database.info(this.#signal)));
      on('opened');
      return { since: beginning, writer };
    }
    const look = await lookAtDatabase(this.#database, stored, this.#signal);
    if (look.finding.kind !== 'same' || stored.regression !== null) {
      return { writer, since: await this.#mend(stored, look, writer) };
    }
    await this.#storeMark(look.mark);
    on('opened');
    return { since: stored.sequence, writer };
  }

  /** Brings the table in line with a database that is not what it was; gives the sequence to go on from. */
  async #mend(stored: Checkpoint, { finding, mark, purgedIds }: Look, writer: DocumentWriter): Promise<string> {
    const { pool, names, name, log, counters, on } = this.options;
    const kind = finding.kind === 'same' ? (stored.regression ?? 'restored') : finding.kind;
    on('regression');
    log.warn({ regression: kind }, describeRegression(kind));
    if (finding.kind !== 'same') counters.regressions[finding.kind] += 1;
    // A purge that CouchDB remembers in full needs no more than a look at what was purged.
    const onlyPurged =
      finding.kind === 'purged' && finding.count !== null && finding.count <= purgedIds.length && !stored.regression;
    await classified(`noting the state of ${name}`, beginRegression(pool, names, name, kind));
    const mended = await mend({
      ...this.options,
      ...{ database: this.#database, source: name, signal: this.#signal },
      ids: onlyPurged ? purgedIds : undefined,
      onProgress: (progress) => (this.progress = progress),
    });
    log.info({ regression: kind, ...mended.counts }, 'the table is in line with CouchDB again');
    if (mended.sequence !== undefined) {
      await writer.write({ rows: [], bytes: 0, changes: 0, sequence: mended.sequence, pending: null, recent: [] });
    }
    counters.sequence = mended.sequence ?? stored.sequence;
    await classified(`noting the state of ${name}`, endRegression(pool, names, name, mark));
    this.progress = null;
    this.options.onWritten();
    on('reconciled');
    return mended.sequence ?? stored.sequence;
  }

  async #follow(writer: DocumentWriter, since: string): Promise<void> {
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
      },
      since,
    );
    const looking = this.#lookNowAndThen();
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
      this.#interrupt.abort();
      await looking;
    }
    // Told to leave: what was read is written first.
    const drained = new AbortController();
    await Promise.race([batcher.drain(), clock.sleep(longestDrainMs, drained.signal)]);
    drained.abort();
  }

  /** While the feed is followed, the database may turn out to be another: then this go ends, and the next one mends. */
  async #lookNowAndThen(): Promise<void> {
    const { pauses, clock, log } = this.options;
    for (;;) {
      await clock.sleep(pauses.lookMs, this.#signal);
      if (this.#signal.aborted) return;
      try {
        const stored = await this.#checkpoint();
        if (stored === undefined) continue;
        const { finding, mark } = await lookAtDatabase(this.#database, stored, this.#signal);
        if (finding.kind === 'same') await this.#storeMark(mark);
        else this.#interrupt.abort();
      } catch (error) {
        // The feed and the writer meet what is wrong themselves.
        log.debug({ err: error }, 'could not look at the database');
      }
    }
  }

  async #write(writer: DocumentWriter, batch: Batch): Promise<void> {
    const { counters, log, onWritten } = this.options;
    const written = await writer.write(batch);
    if (counters.wrote(batch, written)) {
      log.warn(
        { regression: 'rewound' },
        'CouchDB sends changes again that are in the table: nothing is written twice',
      );
    }
    const { changes, bytes } = batch;
    log.debug({ changes, rows: written.rows, bytes, pending: counters.pending }, 'wrote a batch');
    onWritten();
  }

  #checkpoint(): Promise<Checkpoint | undefined> {
    const { pool, names, name } = this.options;
    return classified(`reading the checkpoint of ${name}`, readCheckpoint(pool, names, name));
  }

  #storeMark(mark: DatabaseMark): Promise<void> {
    const { pool, names, name } = this.options;
    return classified(`noting the state of ${name}`, storeMark(pool, names, name, mark));
  }

  #writer(sequence: string | undefined): DocumentWriter {
    const { pool, schema, table, name, log } = this.options;
    return new DocumentWriter({ pool, schema, table, source: name, log, sequence });
  }
}
