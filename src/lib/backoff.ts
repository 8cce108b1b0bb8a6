/** The pauses between tries of something that fails. */
export interface BackoffOptions {
  /** The first pause, in milliseconds. */
  readonly firstMs: number;
  /** The longest pause, in milliseconds. */
  readonly longestMs: number;
  /** A number in [0, 1), as `Math.random` gives. */
  readonly random: () => number;
}

/**
 * Exponential backoff with jitter: the n-th pause is drawn from the upper half of `firstMs * 2^n`, never longer than
 * `longestMs`, so that many sources which fail together do not come back together.
 */
export class Backoff {
  #failures = 0;

  constructor(private readonly options: BackoffOptions) {}

  /** How often in a row it has failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure and gives the pause before the next try, in milliseconds. */
  next(): number {
    const { firstMs, longestMs, random } = this.options;
    const ceiling = Math.min(longestMs, firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return ceiling / 2 + (random() * ceiling) / 2;
  }

  /** The slowest pace, for what cannot pass by itself. */
  slowest(): number {
    this.#failures += 1;
    return this.options.longestMs;
  }

  /** To be called when it works again. */
  reset(): void {
    this.#failures = 0;
  }
}
