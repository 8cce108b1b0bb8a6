/**
 * Felt while something that goes round and round still does. Its time is not the machine's clock, which may be set while
 * nothing is wrong.
 */
export class Pulse {
  #last: number;

  /** @param now - milliseconds that only ever grow. */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.#last = now();
  }

  /** It has gone round once more. */
  beat(): void {
    this.#last = this.now();
  }

  /** How long ago the last beat was, in milliseconds. */
  get ageMs(): number {
    return this.now() - this.#last;
  }

  /** For how many whole minutes there was no beat, when that is longer than a limit in milliseconds. */
  silentMinutes(limitMs: number): number | undefined {
    return this.ageMs > limitMs ? Math.floor(this.ageMs / 60_000) : undefined;
  }
}
