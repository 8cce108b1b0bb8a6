import type { Clock } from '../lib/index.js';

/** A bell: who waits is woken when it rings, or at once when it has rung since the last wait. */
export class Wake {
  #rung = false;
  #waiting: AbortController | undefined;

  constructor(private readonly clock: Clock) {}

  ring(): void {
    this.#rung = true;
    this.#waiting?.abort();
  }

  /** Until it rings, at most `ms` milliseconds. */
  async wait(ms: number): Promise<void> {
    if (!this.#rung && ms > 0) {
      this.#waiting = new AbortController();
      await this.clock.sleep(ms, this.#waiting.signal);
      this.#waiting = undefined;
    }
    this.#rung = false;
  }
}
