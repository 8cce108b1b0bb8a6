import { setTimeout as delay } from 'node:timers/promises';

/** Time as the program sees it; passed in, so that tests need not wait for it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Waits for a promise, but no longer than `ms` milliseconds; whatever it then does is not waited for. */
export async function waitAtMost(clock: Clock, ms: number, promise: Promise<unknown>): Promise<void> {
  const ended = new AbortController();
  await Promise.race([promise, clock.sleep(ms, ended.signal)]).finally(() => ended.abort());
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch {
      // Aborted: whoever sleeps looks at the signal next.
    }
  },
};
