import type { Plan } from './plan.js';

/** Instead of the watermark of a model that must look at everything again. */
export const restarts = 'restarts';

/** How far models are, by what stands for them. */
export type Watermarks = ReadonlyMap<string, string>;

/** Which models have changed in a transaction, and which need nothing because what they take their changes from has not. */
export class UnchangedFeeds {
  readonly #rows = new Map<string, number>();
  /** For each model that was passed over, the one above that was not. */
  readonly #still = new Map<string, string>();
  #untold = new Map<string, string>();

  constructor(private readonly before: Watermarks) {}

  /** Says whether a model needs nothing: it was as far as its feed, and that has not changed. */
  passOver({ key, feed }: Plan): boolean {
    const before = this.before.get(key);
    if (feed === null || before !== this.before.get(feed)) return false;
    // Of those that fill from the newest documents on, the watermark does not tell how far they are.
    if (before === restarts || before === '-infinity') return false;
    const source = this.#still.get(feed) ?? feed;
    if (this.#rows.get(source) !== 0) return false;
    this.#still.set(key, source);
    this.#untold.set(key, source);
    return true;
  }

  note(key: string, rows: number): void {
    this.#rows.set(key, rows);
  }

  /** Those passed over since the last call, each with the model whose watermark it takes over. */
  takePassedOver(): ReadonlyMap<string, string> {
    const taken = this.#untold;
    this.#untold = new Map();
    return taken;
  }
}
