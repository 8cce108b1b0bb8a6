import { Backoff, SyncError, type Clock } from '../../lib/index.js';

/** What trying again needs. */
export interface PatienceOptions {
  readonly clock: Clock;
  /** A number in [0, 1), as `Math.random` gives. */
  readonly random: () => number;
  readonly signal?: AbortSignal;
}

const firstMs = 500;
const longestMs = 30_000;
/** More than two minutes in all. */
const mostFailures = 8;

/** Bears what may pass, for a while: a comparison of hours must not end with one request that failed. */
export class Patience {
  readonly #backoff: Backoff;

  constructor(private readonly options: PatienceOptions) {
    this.#backoff = new Backoff({ firstMs, longestMs, random: options.random });
  }

  /** It has worked. */
  reset(): void {
    this.#backoff.reset();
  }

  /** Waits after a failure, or throws it when it will not pass, or has come too often in a row. */
  async after(error: unknown): Promise<void> {
    const { clock, signal } = this.options;
    signal?.throwIfAborted();
    const mayPass = error instanceof SyncError && error.passing;
    if (!mayPass || this.#backoff.failures >= mostFailures) throw error;
    await clock.sleep(this.#backoff.next(), signal);
    signal?.throwIfAborted();
  }

  /** Asks until there is an answer. */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const answer = await question();
        this.reset();
        return answer;
      } catch (error) {
        await this.after(error);
      }
    }
  }
}
