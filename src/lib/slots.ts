/** So many may do something at once; who comes later waits for a free slot, in the order of coming. */
export class Slots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(readonly count: number) {
    this.#free = count;
  }

  /**
   * Does something with a slot taken, as soon as one is free.
   *
   * @throws the reason of `signal` when it aborts first.
   */
  async with<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    try {
      return await work();
    } finally {
      this.#give();
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(take);
        reject(signal.reason as Error);
      };
      const take = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      this.#waiting.add(take);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** Hands the slot on to who waits longest. */
  #give(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free += 1;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}
