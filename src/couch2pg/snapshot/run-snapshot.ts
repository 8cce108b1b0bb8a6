import type pg from 'pg';
import type { DatabaseInfo } from '../../couchdb/index.js';
import { SyncError } from '../../lib/index.js';
import {
  beginSnapshot,
  classifyPostgresError,
  dropSnapshot,
  finishRange,
  moveCheckpoint,
  readCheckpoint,
  readSnapshot,
  tableNames,
  type StoredSnapshot,
  type TableNames,
} from '../../postgres/index.js';
import { readRange } from './range-reader.js';
import { RangeWriter } from './range-writer.js';
import type { SnapshotOptions } from './snapshot-options.js';
import { SnapshotPlan } from './snapshot-plan.js';
import { readTombstones } from './tombstone-reader.js';

/** The range that is the pass over the feed. */
const tombstoneRange = 0;
const defaultPageRows = 10_000;
/** A range is worth cutting while so many pages of documents are left of all. */
const leastPages = 2;
/** What is not written by then is read again after the next start. */
const longestDrainMs = 8_000;
const beginning = '0';

/**
 * Brings all documents of a database into the table by reading ranges of ids at once, and moves the checkpoint to a sequence
 * taken before; from there the feed brings what has changed meanwhile. A snapshot that was begun and not ended is gone on
 * with.
 *
 * Why nothing is missed: what a range reads is at least as new as that sequence, and a document that changes after its
 * range was read, or is deleted before, has a change behind that sequence. Tombstones from before it are read besides.
 *
 * @throws SyncError COUCHDB_*, POSTGRES_*, CHECKPOINT_MOVED; or the reason of `signal`. What was read is written first.
 */
export async function runSnapshot(options: SnapshotOptions): Promise<{ sequence: string }> {
  return await new Snapshot(options).run();
}

class Snapshot {
  readonly #names: TableNames;
  readonly #broken = new AbortController();
  readonly #signal: AbortSignal;
  readonly #pageRows: number;
  #done = 0;
  #total = 0;

  constructor(private readonly options: SnapshotOptions) {
    this.#names = tableNames(options.schema, options.table);
    this.#signal = AbortSignal.any([options.signal, this.#broken.signal]);
    this.#pageRows = options.pageRows ?? defaultPageRows;
  }

  async run(): Promise<{ sequence: string }> {
    const { pool, source, readers, database, log } = this.options;
    const checkpoint = await this.#stored(readCheckpoint(pool, this.#names, source));
    const stored = await this.#open();
    const { sequence, ranges } = stored;
    const tombstones = ranges.filter(({ number, isDone }) => number === tombstoneRange && !isDone);
    const plan = new SnapshotPlan(
      {
        ...{ database, pool, names: this.#names, source, signal: this.#signal },
        isWorthCutting: () => this.#total - this.#done >= leastPages * this.#pageRows,
      },
      stored,
    );
    await this.#together(async () => {
      const range = plan.takeFree();
      if (range !== undefined) return this.#readIds(plan, range);
      const [pass] = tombstones.splice(0);
      if (pass !== undefined) return this.#readTombstones(pass.reached);
      const part = await plan.takePart();
      return part !== undefined && this.#readIds(plan, part);
    });
    await this.#end(checkpoint?.sequence, sequence);
    log.info({ documents: this.#done, readers: readers.count }, 'all documents are in the table');
    return { sequence };
  }

  /** The snapshot that was begun, or a new one. */
  async #open(): Promise<StoredSnapshot> {
    const { database, pool, source, force = false, log } = this.options;
    const signal = this.#signal;
    const stored = await this.#stored(readSnapshot(pool, this.#names, source));
    // Before the counts: a database without tombstones then has none from before this sequence.
    const sequence = stored?.sequence ?? (await database.currentSequence(signal));
    const info = await database.info(signal);
    const instanceStartTime = info.instanceStartTime ?? null;
    this.#total = info.documents + info.tombstones;
    if (stored?.force === force && stored.instanceStartTime === instanceStartTime) {
      this.#done = stored.ranges.reduce((sum, { documents }) => sum + documents, 0);
      log.info({ documents: this.#done, of: this.#total }, 'going on with the first load');
      return stored;
    }
    const since = stored === undefined ? sequence : await database.currentSequence(signal);
    const origin = { sequence: since, instanceStartTime, force };
    await this.#stored(beginSnapshot(pool, this.#names, source, origin));
    return { ...origin, ranges: await this.#firstRanges(info) };
  }

  async #firstRanges({ tombstones }: DatabaseInfo): Promise<StoredSnapshot['ranges']> {
    const none = { start: null, end: null, reached: null, documents: 0 };
    if (tombstones === 0) await this.#finish(tombstoneRange);
    return [
      { ...none, number: tombstoneRange, isDone: tombstones === 0 },
      { ...none, number: 1, isDone: false },
    ];
  }

  /** Works with as many readers as there may be until `work` says that nothing is left. The first failure ends all. */
  async #together(work: () => Promise<boolean>): Promise<void> {
    const { readers } = this.options;
    const workers = Array.from({ length: readers.count }, async () => {
      try {
        while (await readers.with(this.#signal, work));
      } catch (error) {
        // Only the first counts: what is ended by it fails, too.
        this.#broken.abort(error);
      }
    });
    await Promise.all(workers);
    this.options.signal.throwIfAborted();
    this.#broken.signal.throwIfAborted();
  }

  async #readIds(plan: SnapshotPlan, range: Parameters<SnapshotPlan['finished']>[0]): Promise<true> {
    const { database } = this.options;
    const writer = this.#writer(range);
    await this.#writingAll(writer, () =>
      readRange({
        ...{ database, range, pageRows: this.#pageRows, signal: this.#signal },
        take: (document) => writer.take(document, document.id),
      }),
    );
    plan.finished(range);
    await this.#finish(range.number);
    return true;
  }

  async #readTombstones(reached: string | null): Promise<true> {
    const { database, heartbeatMs } = this.options;
    const writer = this.#writer({ number: tombstoneRange, reached });
    await this.#writingAll(writer, () =>
      readTombstones({
        ...{ database, heartbeatMs, since: reached ?? beginning, pageRows: this.#pageRows, signal: this.#signal },
        take: (document) => writer.take(document),
        reached: (sequence) => writer.reached(sequence),
      }),
    );
    await this.#finish(tombstoneRange);
    return true;
  }

  /** Writes what `read` reads, also when it fails: what was read need not be read again then. */
  async #writingAll(writer: RangeWriter, read: () => Promise<void>): Promise<void> {
    let isWhole = false;
    try {
      await read();
      isWhole = true;
    } finally {
      const drained = new AbortController();
      const late = isWhole ? [] : [this.options.clock.sleep(longestDrainMs, drained.signal)];
      await Promise.race([writer.drain(), ...late]);
      drained.abort();
    }
    this.#signal.throwIfAborted();
  }

  #writer(range: ConstructorParameters<typeof RangeWriter>[0]['range']): RangeWriter {
    return new RangeWriter({
      ...this.options,
      names: this.#names,
      range,
      onFailure: (error) => this.#broken.abort(error),
      onWritten: (batch, written) => {
        this.#done += batch.changes;
        this.options.onWritten(batch, written);
        this.options.onProgress({ done: Math.min(this.#done, this.#total), total: this.#total });
      },
    });
  }

  async #finish(number: number): Promise<void> {
    const { pool, source } = this.options;
    await this.#stored(finishRange(pool, this.#names, source, number));
  }

  /** Names what PostgreSQL says against storing how far the snapshot is. */
  #stored<T>(statement: Promise<T>): Promise<T> {
    return statement.catch((error: unknown) => {
      throw classifyPostgresError(error, `storing the first load of ${this.options.source}`);
    });
  }

  /** The feed goes on from the sequence taken at first. */
  async #end(from: string | undefined, to: string): Promise<void> {
    const { pool, source } = this.options;
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await this.#moveCheckpoint(client, from, to);
      await dropSnapshot(client, this.#names, source);
      await client.query('COMMIT');
      client.release();
    } catch (error) {
      client.release(true);
      throw classifyPostgresError(error, `ending the first load of ${source}`);
    }
  }

  async #moveCheckpoint(client: pg.PoolClient, from: string | undefined, to: string): Promise<void> {
    const { source } = this.options;
    const step = { source, from, to, pending: null, savedTimestamp: undefined, recent: [] };
    if (await moveCheckpoint(client, this.#names, step)) return;
    throw new SyncError('CHECKPOINT_MOVED', `Another process has moved the checkpoint of ${source}.`, {
      passing: true,
    });
  }
}
