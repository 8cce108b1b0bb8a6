/** Takes a stream of pieces one item at a time; waits only where a piece ends. */
export class MergeCursor<T> {
  #piece: readonly T[] = [];
  #at = 0;

  constructor(private readonly pieces: AsyncGenerator<readonly T[]>) {}

  /** Goes to the first item. */
  open(): Promise<void> {
    return this.#refill();
  }

  /** The item it stands on; undefined behind the last. */
  get current(): T | undefined {
    return this.#piece[this.#at];
  }

  /** Steps to the next item; when it gives a promise, that has to be waited for first. */
  advance(): Promise<void> | undefined {
    this.#at += 1;
    return this.#at < this.#piece.length ? undefined : this.#refill();
  }

  /** Ends the stream, wherever it is. */
  async close(): Promise<void> {
    await this.pieces.return(undefined);
  }

  async #refill(): Promise<void> {
    this.#at = 0;
    do {
      const next = await this.pieces.next();
      this.#piece = next.done === true ? [] : next.value;
      if (next.done === true) return;
    } while (this.#piece.length === 0);
  }
}
