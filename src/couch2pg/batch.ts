import type { IdAndRevision, StagedRow } from '../postgres/index.js';

/** Documents to be written in one transaction, and where the feed stands behind them. */
export interface Batch {
  /** Ordered by id, each id once. */
  readonly rows: readonly StagedRow[];
  readonly bytes: number;
  /** How many changes of the feed went into it. */
  readonly changes: number;
  /** The checkpoint behind it; undefined when none of its changes had a sequence. */
  readonly sequence: string | undefined;
  /** How many changes come after it; null when unknown. */
  readonly pending: number | null;
  /** Some of the ids and revisions that came last. */
  readonly recent: readonly IdAndRevision[];
}

/** Few enough to be stored with each batch, many enough that hardly all of them are in an older copy of a database. */
const recentLength = 20;

/** When a batch is full. */
export interface BatchLimits {
  readonly rows: number;
  readonly bytes: number;
}

/** Collects changes until they are a full batch. */
export class BatchBuilder {
  readonly #rows: StagedRow[] = [];
  #bytes = 0;
  #sequence: string | undefined;
  #pending: number | null = null;

  constructor(private readonly limits: BatchLimits) {}

  /** Whether there is nothing to write, not even a checkpoint. */
  get empty(): boolean {
    return this.#rows.length === 0 && this.#sequence === undefined;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether it has reached one of its limits. */
  get full(): boolean {
    return this.#rows.length >= this.limits.rows || this.#bytes >= this.limits.bytes;
  }

  /** Whether a change fits in; into a batch without rows any does. */
  hasRoomFor(row: StagedRow): boolean {
    return this.#rows.length === 0 || this.#bytes + row.doc.length <= this.limits.bytes;
  }

  /** Adds a change; of two changes of one document the later counts. */
  add(row: StagedRow, sequence: string | null, pending: number | null): void {
    this.#rows.push(row);
    this.#bytes += row.doc.length;
    this.mark(sequence, pending);
  }

  /** Notes where the feed stands behind what has been added; a null sequence leaves the one before, which is safe. */
  mark(sequence: string | null, pending: number | null): void {
    if (sequence !== null) this.#sequence = sequence;
    this.#pending = pending;
  }

  /** Gives the batch. The rows are in the order of ids, which keeps the index of the table warm. */
  build(): Batch {
    const recent = this.#rows.slice(-recentLength).map(({ id, rev }): IdAndRevision => [id, rev]);
    return {
      rows: lastOfEach(this.#rows),
      bytes: this.#bytes,
      changes: this.#rows.length,
      sequence: this.#sequence,
      pending: this.#pending,
      recent,
    };
  }
}

/** Sorts by id; of equal ids the last stays. */
function lastOfEach(rows: StagedRow[]): StagedRow[] {
  // A stable sort leaves rows of one id in the order in which they came.
  rows.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return rows.filter(({ id }, i) => id !== rows[i + 1]?.id);
}
