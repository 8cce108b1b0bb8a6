import { expect, test } from 'vitest';
import { loadProgress } from './load-progress.js';

const status = { state: 'live' as const, progress: null, written: 100, pending: 0, ratePerSecond: 50 };

test('a source that follows its feed has nothing to load', () => {
  expect(loadProgress(status)).toBeNull();
  expect(loadProgress({ ...status, state: 'catching-up' })).toBeNull();
});

test('what is pending will take as long as the rate says', () => {
  expect(loadProgress({ ...status, state: 'catching-up', pending: 400 })).toEqual({
    ...{ done: 100, total: 500, leftMs: 8000 },
  });
});

test('without a rate nobody knows how long it will take', () => {
  const snapshot = { ...status, state: 'snapshot' as const, progress: { done: 5, total: 10 }, ratePerSecond: 0 };
  expect(loadProgress(snapshot)).toEqual({ done: 5, total: 10, leftMs: null });
});
