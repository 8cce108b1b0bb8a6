import { expect, test } from 'vitest';
import { SignsOfLife } from './signs-of-life.js';

const minute = 60_000;
const limits = { intervalMs: 5_000, runTimeoutMs: 10 * minute, rebuildTimeoutMs: 60 * minute };

class Watched {
  now = 0;
  readonly life = new SignsOfLife(limits, () => this.now);
}

test('a dataemon that takes no step for a quarter of an hour is stuck, in a run for as much longer as that may take', () => {
  const watched = new Watched();
  watched.life.begin();
  watched.now = 16 * minute;
  expect(watched.life.stuck('idle')).toBe('the models have been idle for 16 minutes without a sign');
  expect(watched.life.stuck('running')).toBeUndefined();
  watched.now = 26 * minute;
  expect(watched.life.stuck('running')).toBe('the models have been running for 26 minutes without a sign');
  watched.life.step();
  expect(watched.life.stuck('running')).toBeUndefined();
});

test('a rebuild is stuck when it makes no progress, though steps go on beside it; with progress it may take any time', () => {
  const watched = new Watched();
  watched.life.begin();
  watched.life.beginRebuild();
  for (let hours = 1; hours <= 24; hours += 1) {
    watched.now += 60 * minute;
    watched.life.progress();
    expect(watched.life.stuck('building')).toBeUndefined();
  }
  watched.now += 76 * minute;
  watched.life.step();
  expect(watched.life.stuck('building')).toBe('a rebuild of models has made no progress for 76 minutes');
  watched.life.endRebuild();
  expect(watched.life.stuck('idle')).toBeUndefined();
});

test('what waits for tables to be prepared, or for PostgreSQL, may take any time', () => {
  const watched = new Watched();
  watched.now = 1e9;
  expect(watched.life.stuck('waiting')).toBeUndefined();
  watched.life.begin();
  watched.life.rest();
  watched.now = 2e9;
  expect(watched.life.stuck('backing-off')).toBeUndefined();
});
