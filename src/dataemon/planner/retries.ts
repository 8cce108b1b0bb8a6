import { Backoff } from '../../lib/index.js';

interface Failing {
  readonly backoff: Backoff;
  notBefore: number;
}

const firstMs = 1_000;
const longestMs = 60_000;
/** A try that took hours is not followed by the next one a minute later, but neither is it put off for a day. */
const longestOwnMs = 3_600_000;

/** When models that failed are tried again: after growing pauses, each at least as long as the try itself took. */
export class Retries {
  readonly #failing = new Map<string, Failing>();

  constructor(private readonly random: () => number) {}

  get failing(): ReadonlySet<string> {
    return new Set(this.#failing.keys());
  }

  failed(id: string, now: number, durationMs: number): void {
    const failing = this.#failing.get(id) ?? {
      backoff: new Backoff({ firstMs, longestMs, random: this.random }),
      notBefore: 0,
    };
    failing.notBefore = now + Math.max(failing.backoff.next(), Math.min(durationMs, longestOwnMs));
    this.#failing.set(id, failing);
  }

  /** It works again, or it has changed so much that what was is no guide. */
  forget(id: string): void {
    this.#failing.delete(id);
  }

  /** The models that must not be tried yet. */
  waiting(now: number): string[] {
    return [...this.#failing].filter(([, { notBefore }]) => notBefore > now).map(([id]) => id);
  }

  /** When one may be tried again, in the clock's milliseconds; undefined when it has not failed. */
  dueAt(id: string): number | undefined {
    return this.#failing.get(id)?.notBefore;
  }

  /** When the next of them may be tried, in the clock's milliseconds. */
  nextDue(now: number): number | undefined {
    const later = [...this.#failing.values()].map(({ notBefore }) => notBefore).filter((at) => at > now);
    return later.length === 0 ? undefined : Math.min(...later);
  }
}
