import { expect, test } from 'vitest';
import { sourceStates } from './source-machine.js';
import { SignsOfLife } from './signs-of-life.js';

const minute = 60_000;

class Watched {
  now = 0;
  readonly life = new SignsOfLife(() => this.now);
}

test('a source that gives no sign for a quarter of an hour is stuck, until it gives one', () => {
  const watched = new Watched();
  watched.life.sign();
  watched.now = 15 * minute;
  expect(watched.life.stuck('live')).toBeUndefined();
  watched.now = 16 * minute;
  expect(watched.life.stuck('live')).toBe('is live, without a sign for 16 minutes');
  watched.life.sign();
  expect(watched.life.stuck('live')).toBeUndefined();
});

test('what waits for others, or for a person, may take any time', () => {
  const watched = new Watched();
  watched.life.sign();
  watched.now = 1e9;
  const patient = sourceStates.filter((state) => watched.life.stuck(state) === undefined);
  expect(patient).toEqual(['paused', 'snapshot', 'regressed', 'stopped']);
});

test('a source that has not begun is not stuck: its tables may be made for hours', () => {
  const watched = new Watched();
  watched.now = 1e9;
  expect(watched.life.stuck('starting')).toBeUndefined();
});

test('reports that end while the source is held are a reason, whatever its state', () => {
  const watched = new Watched();
  watched.life.report();
  watched.now = 31 * minute;
  expect(watched.life.stuck('paused')).toBe('has not reported for 31 minutes');
  watched.life.endReports();
  expect(watched.life.stuck('paused')).toBeUndefined();
});
