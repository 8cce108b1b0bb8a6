import { expect, test } from 'vitest';
import { UnchangedFeeds } from './unchanged-feeds.js';

const abreast = new Map(['root', 'reports', 'visits', 'all'].map((key) => [key, '2026-01-01']));
const ofRoot = (key: string, ...types: (string | null)[]) => ({
  ...{ key, feed: 'root', where: { column: 'type', values: types } },
});
const ofReports = { key: 'visits', feed: 'reports', where: null };

test('a model needs nothing when no row that changed above it is, or was, of those that matter to it', () => {
  const feeds = new UnchangedFeeds(abreast);
  feeds.note('root', 3, { type: ['task', null] });
  expect(feeds.passOver(ofRoot('reports', 'report'))).toBe(true);
  // Nor does what reads it, however many rows have changed further above.
  expect(feeds.passOver(ofReports)).toBe(true);
  expect(feeds.takePassedOver()).toEqual(
    new Map([
      ['reports', 'root'],
      ['visits', 'root'],
    ]),
  );
});

test.each([
  ['a row that matters has changed', { type: ['task', 'report'] }, ofRoot('reports', 'report')],
  ['a row without a value has changed, and matters', { type: ['task', null] }, ofRoot('reports', 'report', null)],
  ['all rows matter', { type: ['task'] }, { ...ofRoot('reports'), where: null }],
  ['it is not told which rows have changed', {}, ofRoot('reports', 'report')],
] as const)('a model is not passed over when %s', (_, touched, plan) => {
  const feeds = new UnchangedFeeds(abreast);
  feeds.note('root', 1, touched);
  expect(feeds.passOver(plan)).toBe(false);
});

test('a model that is not as far as what it reads, or fills still, is not passed over', () => {
  for (const [reports, root] of [
    ['2026-01-01', '2026-01-02'],
    ['-infinity', '-infinity'],
  ] as const) {
    const feeds = new UnchangedFeeds(
      new Map([
        ['reports', reports],
        ['root', root],
      ]),
    );
    feeds.note('root', 0, {});
    expect(feeds.passOver(ofRoot('reports', 'report'))).toBe(false);
  }
});
