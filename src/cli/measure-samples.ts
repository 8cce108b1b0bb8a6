import { sourceStates, type SourceState, type SourceStatus } from '../couch2pg/index.js';
import type { DataemonState, DataemonStatus } from '../dataemon/index.js';
import { errorCodes } from '../lib/index.js';
import type { DataemonSample, LagSample, ModelSample, SourceSample, TestSample } from '../monitoring/index.js';

/** The states in which a source is being followed. */
export const followedStates: ReadonlySet<string> = new Set<SourceState>([
  'snapshot',
  'regressed',
  'catching-up',
  'live',
]);

/** What can go wrong with a source; each has a line from the start, so that the first time shows as an increase. */
const sourceErrors = Object.keys(errorCodes).filter((code) => /^(COUCHDB|POSTGRES|CHECKPOINT)_/.test(code));
const noErrors = Object.fromEntries(sourceErrors.map((code) => [code, 0]));

/** @param now - in milliseconds since the epoch. */
export function sourceSample(status: SourceStatus, now: number): SourceSample {
  const { source, state, sequence, pending, written, bytes, unchanged, regressions, rejected, error, errors } = status;
  return {
    ...{ source, state, sequence, pending, written, bytes, unchanged, regressions, rejected },
    states: sourceStates,
    isStandby: state === 'standby',
    up: followedStates.has(state),
    replacedCharacters: status.replacedCharacters,
    lag: lagOf(status, now),
    errors: { ...noErrors, ...errors },
    error: error?.code ?? null,
  };
}

function lagOf({ state, lagMs, caughtUpAt }: SourceStatus, now: number): LagSample {
  if (lagMs !== null) return { state: lagMs === 0 ? 'idle' : 'behind', ms: lagMs };
  const ms = caughtUpAt === null ? null : Math.max(0, now - caughtUpAt);
  return { state: state === 'snapshot' || state === 'catching-up' ? 'behind' : 'unknown', ms };
}

const atWork: ReadonlySet<DataemonState> = new Set(['installing', 'building', 'running', 'idle']);

/**
 * @param states - all that there are.
 */
export function dataemonSample(status: DataemonStatus, states: readonly DataemonState[]): DataemonSample {
  const { state, isStandby, error, lastRun, models, tests } = status;
  const keepsSome =
    models.length > 0 && (error === null || error.code === 'MODEL_FAILED' || error.code === 'PACKAGE_BROKEN');
  return {
    ...{ selector: status.selector, state, states, lastRun, error: error?.code ?? null },
    up: error === null && isStandby ? true : keepsSome && (atWork.has(state) || state === 'backing-off'),
    models: models.map(modelSample),
    tests: (tests?.tests ?? []).map(({ name, status: ended }): TestSample => {
      return { name, failed: ended === 'failed', lastRunAt: time(tests?.lastRunAt ?? null) };
    }),
  };
}

function modelSample({ name, status, rows, lastRunAt, durationMs }: DataemonStatus['models'][number]): ModelSample {
  return { name, failed: status === 'failed', rows, lastRunAt: time(lastRunAt), durationMs };
}

function time(iso: string | null): number | null {
  return iso === null ? null : Date.parse(iso);
}
