import { systemClock, type Clock } from '../../../src/lib/index.js';

/** The machine's clock, on which no pause is longer than this: neither between two tries nor of a standby. */
export function hastyClock(longestMs: number): Clock {
  return {
    now: () => systemClock.now(),
    sleep: (ms, signal) => systemClock.sleep(Math.min(ms, longestMs), signal),
  };
}
