import { Pulse, type Clock } from '../lib/index.js';

/** How long what was asked is good for. */
export interface CachedOptions {
  /** So long it is not asked again, in milliseconds. */
  readonly freshMs: number;
  /** The longest that anybody waits for an answer, in milliseconds. */
  readonly waitMs: number;
  readonly clock: Clock;
}

/** Asks only when somebody wants to know, once for all who want to at the same time, and not again for a while. */
export class Cached<Value> {
  #asking: Promise<void> | undefined;
  #known: { readonly value: Value | undefined; readonly since: Pulse } | undefined;

  constructor(
    private readonly ask: () => Promise<Value>,
    private readonly options: CachedOptions,
  ) {}

  /** Undefined when there is no answer in time, or it was an error. Never rejects. */
  async get(): Promise<Value | undefined> {
    const { freshMs, waitMs, clock } = this.options;
    if (this.#asking === undefined && (this.#known === undefined || this.#known.since.ageMs > freshMs)) {
      this.#asking = this.#renew();
    }
    if (this.#asking === undefined) return this.#known?.value;
    const ended = new AbortController();
    const answer = this.#asking.then(() => this.#known?.value);
    const tooLate = clock.sleep(waitMs, ended.signal).then(() => undefined);
    return Promise.race([answer, tooLate]).finally(() => ended.abort());
  }

  async #renew(): Promise<void> {
    const value = await this.ask().catch(() => undefined);
    this.#known = { value, since: new Pulse() };
    this.#asking = undefined;
  }
}
