import { describe, expect, test } from 'vitest';
import type { SourceStatus } from '../couch2pg/index.js';
import { dataemonStates, type DataemonStatus } from '../dataemon/index.js';
import { dataemonSample, sourceSample } from './measure-samples.js';
import { waitingFor } from './measure.js';

const live: SourceStatus = {
  ...{ source: 'h/medic', state: 'live', sequence: '1-a', pending: 0, written: 5, rejected: 0, replacedCharacters: 0 },
  ...{ progress: null, bytes: 500, unchanged: 0, caughtUpAt: null, errors: {}, ratePerSecond: 0, lagMs: 0 },
  regressions: { recreated: 0, restored: 0, renumbered: 0, purged: 0, rewound: 0 },
  ...{ lastChangeAt: null, savedTimestamp: null, error: null },
};
const now = 100_000;
const error = { code: 'COUCHDB_UNREACHABLE', message: 'away', remedy: undefined } as const;

describe('the lag of a source', () => {
  const lagOf = (more: Partial<SourceStatus>) => sourceSample({ ...live, ...more }, now).lag;

  test('is told apart: idle, behind, unknown', () => {
    expect(lagOf({ lagMs: 0 })).toEqual({ state: 'idle', ms: 0 });
    expect(lagOf({ lagMs: 30 })).toEqual({ state: 'behind', ms: 30 });
    expect(lagOf({ state: 'catching-up', lagMs: null })).toEqual({ state: 'behind', ms: null });
    expect(lagOf({ state: 'backing-off', lagMs: null })).toEqual({ state: 'unknown', ms: null });
  });

  test('grows from when everything was in the table, for as long as the source is not live again', () => {
    expect(lagOf({ state: 'failed', lagMs: null, caughtUpAt: 40_000 })).toEqual({ state: 'unknown', ms: 60_000 });
    expect(lagOf({ state: 'catching-up', lagMs: null, caughtUpAt: 40_000 })).toEqual({ state: 'behind', ms: 60_000 });
  });
});

test('each error that a source can have is counted from the start, by its code', () => {
  const { errors } = sourceSample({ ...live, errors: { COUCHDB_UNREACHABLE: 3 } }, now);
  expect(errors).toMatchObject({ COUCHDB_UNREACHABLE: 3, POSTGRES_UNREACHABLE: 0, CHECKPOINT_MOVED: 0 });
  expect(errors).not.toHaveProperty('MODEL_FAILED');
});

test.each([
  ['live', true],
  ['snapshot', true],
  ['regressed', true],
  ['paused', false],
  ['starting', false],
  ['backing-off', false],
  ['failed', false],
] as const)('a source that is %s is up: %s', (state, up) => {
  expect(sourceSample({ ...live, state }, now).up).toBe(up);
});

const idle: DataemonStatus = {
  ...{ state: 'idle', package: 'bundled', selector: null, isStandby: false, upToDateWith: null, lastRun: null },
  models: [{ name: 'person', status: 'ok', rows: 1, lastRunAt: null, durationMs: null, error: null }],
  ...{ tests: null, error: null },
};
const failed = { code: 'MODEL_FAILED', message: 'no', remedy: null } as const;
const away = { code: 'POSTGRES_UNREACHABLE', message: 'away', remedy: null } as const;

test.each<[string, Partial<DataemonStatus>, boolean]>([
  ['that has nothing to do', {}, true],
  ['of which one model fails', { state: 'backing-off', error: failed }, true],
  ['that stands by another', { state: 'waiting', isStandby: true, models: [] }, true],
  ['that has no PostgreSQL', { state: 'waiting', error: away }, false],
  ['that stands by, without PostgreSQL', { state: 'waiting', isStandby: true, error: away }, false],
  ['that has no models yet', { state: 'installing', models: [] }, false],
])('a dataemon %s is up or not', (_, more, up) => {
  expect(dataemonSample({ ...idle, ...more }, dataemonStates).up).toBe(up);
});

test('a process is ready when every source is live and the models are up to date, here or by another process', () => {
  const reasons = (source: Partial<SourceStatus>, dataemon: Partial<DataemonStatus>) =>
    waitingFor({
      sources: () => [{ ...live, ...source }],
      dataemon: { states: dataemonStates, status: () => ({ ...idle, ...dataemon }) },
    });
  expect(reasons({}, {})).toEqual([]);
  expect(reasons({ state: 'standby' }, { state: 'waiting', isStandby: true })).toEqual([]);
  expect(reasons({ state: 'backing-off', error }, { state: 'installing' })).toEqual([
    'h/medic is backing-off [COUCHDB_UNREACHABLE]',
    'the models: installing',
  ]);
});
