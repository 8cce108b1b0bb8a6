import { expect, test } from 'vitest';
import { inFirstBatch } from './first-batch.js';
import { inTurn } from './in-turn.js';

const run = (...models: string[]) => ({ kind: 'full-refresh', models }) as const;

test('large tables are made anew after the small ones, as many at a time as there are threads', () => {
  const bytes = new Map([['small', 1e6], ...['a', 'b', 'c'].map((id) => [id, 1e9] as const)]);
  expect(inTurn(run('a', 'small', 'b', 'new', 'c'), bytes, 2)).toEqual(run('small', 'new'));
  expect(inTurn(run('a', 'b', 'c'), bytes, 2)).toEqual(run('a', 'b'));
  expect(inTurn(run('c'), bytes, 2)).toEqual(run('c'));
});

test('with batches, what is not there yet begins with one, and what is there is made whole afterwards', () => {
  const existing = new Map([['there', '16384']]);
  expect(inFirstBatch(run('there', 'new'), existing, 100)).toEqual({ run: run('new'), kind: 'first-batch' });
  expect(inFirstBatch(run('there'), existing, 100)).toEqual({ run: run('there'), kind: 'full-refresh' });
  expect(inFirstBatch(run('there', 'new'), existing, 0)).toEqual({ run: run('there', 'new'), kind: 'full-refresh' });
});
