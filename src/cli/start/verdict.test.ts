import { expect, test } from 'vitest';
import type { SourceStatus } from '../../couch2pg/index.js';
import type { DataemonStatus } from '../../dataemon/index.js';
import { CaughtUpWatch, comparable } from './verdict.js';

const none = { recreated: 0, restored: 0, renumbered: 0, purged: 0, rewound: 0 };
const live: SourceStatus = {
  ...{ source: 'h/medic', state: 'live', sequence: '1-a', pending: 0, written: 5, rejected: 0, replacedCharacters: 0 },
  ...{ progress: null, bytes: 500, unchanged: 0, regressions: none, caughtUpAt: null, errors: {} },
  ...{ ratePerSecond: 0, lagMs: 0, lastChangeAt: null, savedTimestamp: '2026-01-02 03:04:05.678', error: null },
};
const idle: DataemonStatus = {
  ...{
    state: 'idle',
    package: 'bundled',
    selector: null,
    isStandby: false,
    upToDateWith: '2026-01-02T03:04:05.678000',
    lastRun: null,
  },
  ...{ models: [], tests: null, error: null },
};
const refused = { code: 'COUCHDB_UNAUTHORIZED' as const, message: 'refused', remedy: 'Check it.' };
const broken = { code: 'PACKAGE_BROKEN' as const, message: 'broken', remedy: null };

test('caught up: every source is live with nothing pending, and the models have the last document written', () => {
  expect(new CaughtUpWatch().look([live], idle, 0)).toEqual({ kind: 'caught-up' });
});

test('a source that someone has paused will not end by itself', () => {
  const watch = new CaughtUpWatch();
  const paused: SourceStatus = { ...live, state: 'paused' };
  expect(watch.look([paused], idle, 0)).toEqual({ kind: 'working' });
  expect(watch.look([paused], idle, 10_000)).toMatchObject({ kind: 'failed' });
});

test('after a start that found nothing new, models that are idle are up to date', () => {
  expect(new CaughtUpWatch().look([{ ...live, savedTimestamp: null }], { ...idle, upToDateWith: null }, 0)).toEqual({
    kind: 'caught-up',
  });
});

test.each<[string, Partial<SourceStatus>, Partial<DataemonStatus>]>([
  ['a source is catching up', { state: 'catching-up', pending: 3 }, {}],
  ['a source has something pending', { pending: 1 }, {}],
  ['the models are behind', {}, { upToDateWith: '2026-01-02T03:04:05.677999' }],
  ['the models have not run', {}, { upToDateWith: null }],
  ['the models run', {}, { state: 'running' }],
])('not yet: %s', (_, source, dataemon) => {
  expect(new CaughtUpWatch().look([{ ...live, ...source }], { ...idle, ...dataemon }, 0)).toEqual({ kind: 'working' });
});

test('a source that has failed for good ends it after a while, and only when the others have come as far as they can', () => {
  const watch = new CaughtUpWatch();
  const failed: SourceStatus = { ...live, source: 'h/gone', state: 'failed', error: refused };
  const other: SourceStatus = { ...live, state: 'catching-up' };
  expect(watch.look([failed, live], idle, 0).kind).toBe('working');
  expect(watch.look([failed, other], idle, 20_000).kind).toBe('working');
  expect(watch.look([failed, live], idle, 20_001)).toEqual({
    kind: 'failed',
    reasons: ['h/gone: refused [COUCHDB_UNAUTHORIZED]\n  What to do: Check it.'],
  });
});

test('a failure that may pass is given more time, and one that has passed is forgotten', () => {
  const watch = new CaughtUpWatch();
  const down: SourceStatus = { ...live, state: 'backing-off', error: { ...refused, code: 'COUCHDB_UNREACHABLE' } };
  expect(watch.look([down], idle, 0).kind).toBe('working');
  expect(watch.look([down], idle, 59_000).kind).toBe('working');
  expect(watch.look([{ ...live, state: 'catching-up' }], idle, 59_500).kind).toBe('working');
  expect(watch.look([down], idle, 61_000).kind).toBe('working');
  expect(watch.look([down], idle, 121_000).kind).toBe('failed');
});

test('a broken package ends it after a while, counted from when the documents are there', () => {
  const watch = new CaughtUpWatch();
  const models = { ...idle, state: 'backing-off' as const, error: broken };
  expect(watch.look([{ ...live, state: 'catching-up' }], models, 0).kind).toBe('working');
  expect(watch.look([live], models, 30_000).kind).toBe('working');
  expect(watch.look([live], models, 41_000)).toEqual({ kind: 'failed', reasons: ['models: broken [PACKAGE_BROKEN]'] });
});

test('timestamps compare whatever the trailing zeros and the separator', () => {
  expect(comparable('2026-01-02 03:04:05')).toBe(comparable('2026-01-02T03:04:05.000000'));
  expect(comparable('2026-01-02 03:04:05.6789') > comparable('2026-01-02T03:04:05.678899')).toBe(true);
});

test('models that wait for a table which no source makes do not keep it from ending', () => {
  const watch = new CaughtUpWatch();
  const failed: SourceStatus = { ...live, state: 'failed', error: refused };
  const waiting = { ...idle, state: 'waiting' as const, upToDateWith: null };
  expect(watch.look([failed], waiting, 0).kind).toBe('working');
  expect(watch.look([failed], waiting, 10_000).kind).toBe('failed');
});
