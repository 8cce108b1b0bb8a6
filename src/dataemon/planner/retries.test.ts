import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Retries } from './retries.js';

test('pauses grow up to a minute, but are never shorter than the try that failed, up to an hour', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(10_000_000), { minLength: 1, maxLength: 12 }), fc.nat(99), (durations, percent) => {
      const retries = new Retries(() => percent / 100);
      durations.forEach((durationMs, failures) => {
        retries.failed('m', 1_000, durationMs);
        const pause = retries.nextDue(1_000)! - 1_000;
        const own = Math.min(durationMs, 3_600_000);
        expect(pause).toBeGreaterThanOrEqual(Math.max(own, Math.min(60_000, 1_000 * 2 ** failures) / 2));
        expect(pause).toBeLessThanOrEqual(Math.max(own, Math.min(60_000, 1_000 * 2 ** failures)));
      });
    }),
  );
});

test('a model waits until its pause is over, and no longer after it has gone well', () => {
  const retries = new Retries(() => 0.5);
  retries.failed('m', 0, 5_000);
  expect(retries.waiting(4_999)).toEqual(['m']);
  expect(retries.waiting(5_000)).toEqual([]);
  expect(retries.nextDue(5_000)).toBeUndefined();
  expect(retries.failing).toEqual(new Set(['m']));
  retries.forget('m');
  expect(retries.failing).toEqual(new Set());
});
