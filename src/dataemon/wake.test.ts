import { expect, test } from 'vitest';
import { systemClock } from '../lib/index.js';
import { Wake } from './wake.js';

test('a ring wakes who waits, and is not lost when nobody does', async () => {
  const wake = new Wake(systemClock);
  setTimeout(() => wake.ring(), 5);
  await wake.wait(60_000);
  wake.ring();
  await wake.wait(60_000);
  const begun = Date.now();
  await wake.wait(30);
  expect(Date.now() - begun).toBeGreaterThanOrEqual(25);
});
