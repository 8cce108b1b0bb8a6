import { firstIdBehind, type Database } from '../../couchdb/index.js';
import type { StoredSnapshot } from '../../postgres/index.js';
import { compareIds } from '../verify/id-order.js';
import { IdRange } from './id-range.js';
import { middleId } from './middle-id.js';
import type { SnapshotStore } from './snapshot-store.js';

/** What a plan stands on. */
export interface PlanOptions {
  readonly database: Database;
  readonly store: SnapshotStore;
  readonly signal: AbortSignal;
  /** Whether so much is left that a range is worth cutting. */
  readonly isWorthCutting: () => boolean;
}

/**
 * Who reads which ids. It begins with one range of all; a reader that has nothing to do cuts the rest of another's range in
 * two, between the id that one has come to and the last of the range. So nobody has to know beforehand how ids are
 * spread: random ones, and millions that begin alike, are shared out as evenly as they turn out to be.
 */
export class SnapshotPlan {
  readonly #free: IdRange[] = [];
  /** Those being read; the one that was cut last is last. */
  #running: IdRange[] = [];
  #lastNumber: number;
  /** One cut after the other. */
  #cutting: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly options: PlanOptions,
    { ranges }: StoredSnapshot,
  ) {
    this.#lastNumber = Math.max(...ranges.map(({ number }) => number));
    for (const range of ranges) if (range.number > 0 && !range.isDone) this.#free.push(new IdRange(range));
  }

  /** A range that nobody reads; undefined when there is none. */
  takeFree(): IdRange | undefined {
    const range = this.#free.shift();
    if (range !== undefined) this.#running.push(range);
    return range;
  }

  /** A part of a range that another reads; undefined when it is not worth it. */
  takePart(): Promise<IdRange | undefined> {
    const part = this.#cutting.then(() => this.#cutOne());
    this.#cutting = part.catch(() => undefined);
    return part;
  }

  /** A range has been read. */
  finished(range: IdRange): void {
    this.#running = this.#running.filter((other) => other !== range);
  }

  async #cutOne(): Promise<IdRange | undefined> {
    for (const range of [...this.#running]) {
      if (!this.options.isWorthCutting()) return undefined;
      const at = await this.#middleOf(range);
      const part = at === undefined ? undefined : await this.#cut(range, at);
      if (part !== undefined) return part;
    }
    return undefined;
  }

  async #cut(range: IdRange, at: string): Promise<IdRange | undefined> {
    const other = this.#lastNumber + 1;
    const { number, end } = range;
    if (!(await this.options.store.split({ number, end, at, other }))) return undefined;
    this.#lastNumber = other;
    // Whoever reads it may have read on beyond it meanwhile: those documents are read twice.
    range.end = at;
    const part = new IdRange({ number: other, start: at, end, reached: null });
    const others = this.#running.filter((running) => running !== range);
    this.#running = [...others, ...(this.#running.includes(range) ? [range] : []), part];
    return part;
  }

  /** The middle of what is left of a range; undefined when that is no more than one document, or has just been read. */
  async #middleOf(range: IdRange): Promise<string | undefined> {
    const { position, start, end } = range;
    const low = position ?? (await this.#idAt(start, false));
    const high = await this.#idAt(end, true);
    const middle = low === undefined || high === undefined ? undefined : middleId(low, high);
    if (middle === undefined || !this.#running.includes(range)) return undefined;
    return range.position !== null && compareIds(range.position, middle) >= 0 ? undefined : middle;
  }

  /** The first id from `key` on, or the last one before it. */
  async #idAt(key: string | null, descending: boolean): Promise<string | undefined> {
    const { database, signal } = this.options;
    const query = { descending, includeDocs: false, signal, ...(key === null ? {} : { startKey: key }) };
    // Downwards, the key itself may be the first.
    for await (const rows of database.allDocs({ ...query, limit: descending ? 2 : 1 })) {
      for (const { id } of rows) if (!descending || id !== key) return id;
    }
    return undefined;
  }
}

/** Where to go on in a range. */
export function nextKey({ start, position }: IdRange): string | null {
  return position === null ? start : firstIdBehind(position);
}
