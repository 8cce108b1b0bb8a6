import { expect, test } from 'vitest';
import { systemClock } from '../lib/index.js';
import { Cached } from './cached.js';

const options = { freshMs: 60_000, waitMs: 60_000, clock: systemClock };

test('it is asked only when somebody wants to know, once for all who do, and not again while that is fresh', async () => {
  let asked = 0;
  const cached = new Cached(() => Promise.resolve((asked += 1)), options);
  expect(asked).toBe(0);
  expect(await Promise.all([cached.get(), cached.get()])).toEqual([1, 1]);
  expect(await cached.get()).toBe(1);
  expect(asked).toBe(1);
});

test('what is no longer fresh is asked again, and an error ends what was known', async () => {
  let answer: () => Promise<string> = () => Promise.resolve('a');
  const cached = new Cached(() => answer(), { ...options, freshMs: -1 });
  expect(await cached.get()).toBe('a');
  answer = () => Promise.reject(new Error('away'));
  expect(await cached.get()).toBeUndefined();
  answer = () => Promise.resolve('b');
  expect(await cached.get()).toBe('b');
});

test('nobody waits longer than is allowed, and a late answer is there for the next who asks', async () => {
  let answer: (value: string) => void = () => undefined;
  const late = new Promise<string>((resolve) => (answer = resolve));
  const cached = new Cached(() => late, { ...options, waitMs: 1 });
  expect(await cached.get()).toBeUndefined();
  answer('late');
  await expect.poll(() => cached.get()).toBe('late');
});
