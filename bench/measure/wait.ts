import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a condition holds, looking every so often. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  { everyMs = 50, limitMs = 600_000 } = {},
): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
    await sleep(everyMs);
  }
}
