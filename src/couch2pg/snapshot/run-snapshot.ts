import type { DatabaseInfo } from '../../couchdb/index.js';
import { waitAtMost } from '../../lib/index.js';
import { tableNames, type IdAndRevision, type StoredSnapshot, type TableNames } from '../../postgres/index.js';
import { readRange } from './range-reader.js';
import { RangeWriter } from './range-writer.js';
import type { SnapshotOptions } from './snapshot-options.js';
import { SnapshotPlan } from './snapshot-plan.js';
import { SnapshotStore } from './snapshot-store.js';
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
  readonly #store: SnapshotStore;
  readonly #broken = new AbortController();
  readonly #signal: AbortSignal;
  readonly #pageRows: number;
  #done = 0;
  #recent: readonly IdAndRevision[] = [];
  #total = 0;

  constructor(private readonly options: SnapshotOptions) {
    const { pool, schema, table, source } = options;
    this.#names = tableNames(schema, table);
    this.#store = new SnapshotStore({ pool, names: this.#names, source });
    this.#signal = AbortSignal.any([options.signal, this.#broken.signal]);
    this.#pageRows = options.pageRows ?? defaultPageRows;
  }

  async run(): Promise<{ sequence: string }> {
    const { readers, database, log } = this.options;
    const checkpoint = await this.#store.checkpoint();
    const stored = await this.#open();
    const { sequence, ranges } = stored;
    const tombstones = ranges.filter(({ number, isDone }) => number === tombstoneRange && !isDone);
    const plan = new SnapshotPlan(
      {
        ...{ database, store: this.#store, signal: this.#signal },
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
    await this.#store.end({ from: checkpoint, to: sequence, recent: this.#recent });
    log.info({ documents: this.#done, readers: readers.count }, 'all documents are in the table');
    return { sequence };
  }

  /** The snapshot that was begun, or a new one. */
  async #open(): Promise<StoredSnapshot> {
    const { database, force = false, log } = this.options;
    const signal = this.#signal;
    const stored = await this.#store.read();
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
    await this.#store.begin(origin);
    return { ...origin, ranges: await this.#firstRanges(info) };
  }

  async #firstRanges({ tombstones }: DatabaseInfo): Promise<StoredSnapshot['ranges']> {
    const none = { start: null, end: null, reached: null, documents: 0 };
    if (tombstones === 0) await this.#store.finish(tombstoneRange);
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
    await this.#store.finish(range.number);
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
    await this.#store.finish(tombstoneRange);
    return true;
  }

  /** Writes what `read` reads, also when it fails: what was read need not be read again then. */
  async #writingAll(writer: RangeWriter, read: () => Promise<void>): Promise<void> {
    let isWhole = false;
    try {
      await read();
      isWhole = true;
    } finally {
      const drained = writer.drain();
      await (isWhole ? drained : waitAtMost(this.options.clock, longestDrainMs, drained));
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
        if (batch.recent.length > 0) this.#recent = batch.recent;
        this.options.onWritten(batch, written);
        this.options.onProgress({ done: Math.min(this.#done, this.#total), total: this.#total });
      },
    });
  }
}
