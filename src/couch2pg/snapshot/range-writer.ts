import type { ChangedDocument } from '../../couchdb/index.js';
import { holdRange, moveRange, type SnapshotRange, type TableNames } from '../../postgres/index.js';
import type { Batch } from '../batch.js';
import { Batcher } from '../batcher.js';
import { DocumentWriter } from '../document-writer.js';
import { stagedRow } from '../staged-row.js';
import type { SnapshotOptions } from './snapshot-options.js';

/** What a range writer tells. */
export interface RangeWriterOptions extends SnapshotOptions {
  readonly names: TableNames;
  readonly range: Pick<SnapshotRange, 'number' | 'reached'>;
  readonly onFailure: (error: unknown) => void;
}

/** A reader reads on while one batch is written; the readers together keep PostgreSQL busy. */
const inFlight = 1;
/** As much as a feed holds in memory: two batches under way and one that fills. */
const batchesOfFeed = 3;

/** Writes the documents of one range, in batches, each together with how far the range has come. */
export class RangeWriter {
  readonly #batcher: Batcher;
  readonly #writer: DocumentWriter;

  constructor(private readonly options: RangeWriterOptions) {
    const { batch, readers, clock, onFailure, names, range, source } = options;
    const { number } = range;
    this.#writer = new DocumentWriter({
      ...options,
      sequence: range.reached ?? undefined,
      mark: {
        move: (client, { from, to, changes }) =>
          moveRange(client, names, source, { number, from: from ?? null, to, documents: changes }),
        hold: (client, at) => holdRange(client, names, source, { number, from: at ?? null }),
      },
    });
    this.#batcher = new Batcher({
      ...{ inFlight, clock, onFailure, rows: batch.rows, lingerMs: batch.lingerMs },
      bytes: Math.ceil((batch.bytes * batchesOfFeed) / (readers.count * (inFlight + 1))),
      write: (full) => this.#write(full),
    });
  }

  /**
   * Takes a document. When it gives a promise, the caller must wait for it before the next.
   *
   * @param mark - how far the range has come with it; undefined when that is told by `reached`.
   */
  take(document: ChangedDocument, mark?: string): Promise<void> | undefined {
    const { database, onReplaced } = this.options;
    const { row, replaced } = stagedRow(database.name, document);
    if (replaced > 0) onReplaced(replaced);
    return this.#batcher.add(row, mark ?? null, null);
  }

  /** Notes how far the range has come with what was taken. */
  reached(mark: string): void {
    this.#batcher.mark(mark, null);
  }

  /** Resolves when everything that was taken is written, or a write has failed. */
  drain(): Promise<void> {
    return this.#batcher.drain();
  }

  async #write(batch: Batch): Promise<void> {
    const written = await this.#writer.write(batch);
    // To who counts, its mark is no sequence of the feed.
    this.options.onWritten({ ...batch, sequence: undefined }, written);
  }
}
