import type { Plan } from './plan.js';

/** Instead of the watermark of a model that must look at everything again. */
export const restarts = 'restarts';

/** How far models are, by what stands for them. */
export type Watermarks = ReadonlyMap<string, string>;

/** Of columns, the values that the changed rows of a model had before or have now. */
export type TouchedValues = Readonly<Record<string, readonly (string | null)[] | null>>;

/** Which models have changed in a transaction, and which need nothing because what they take their changes from has not. */
export class UnchangedFeeds {
  readonly #rows = new Map<string, number>();
  readonly #touched = new Map<string, TouchedValues>();
  /** For each model that was passed over, the one above that was not. */
  readonly #still = new Map<string, string>();
  #untold = new Map<string, string>();

  constructor(private readonly before: Watermarks) {}

  /** Says whether a model needs nothing: it was as far as its feed, and nothing that matters to it has changed there. */
  passOver({ key, feed, where }: Pick<Plan, 'key' | 'feed' | 'where'>): boolean {
    const before = this.before.get(key);
    if (feed === null || before !== this.before.get(feed)) return false;
    // Of those that fill from the newest documents on, the watermark does not tell how far they are.
    if (before === restarts || before === '-infinity') return false;
    if (!this.#still.has(feed) && this.#rows.get(feed) !== 0 && !this.#isUntouched(feed, where)) return false;
    const source = this.#still.get(feed) ?? feed;
    this.#still.set(key, source);
    this.#untold.set(key, source);
    return true;
  }

  note(key: string, rows: number, touched: TouchedValues): void {
    this.#rows.set(key, rows);
    this.#touched.set(key, touched);
  }

  /** Those passed over since the last call, each with the model whose watermark it takes over. */
  takePassedOver(): ReadonlyMap<string, string> {
    const taken = this.#untold;
    this.#untold = new Map();
    return taken;
  }

  /** Whether it is told which values changed rows of the feed have, and none of them matters. */
  #isUntouched(feed: string, where: Plan['where']): boolean {
    const touched = where && this.#touched.get(feed);
    if (!touched || !(where.column in touched)) return false;
    return !touched[where.column]?.some((value) => where.values.includes(value));
  }
}
