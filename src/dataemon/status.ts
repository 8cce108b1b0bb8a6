import type { ErrorCode, SyncError } from '../lib/index.js';
import type { DataemonState } from './life-cycle.js';
import type { RunKind } from './planner/decide.js';

/** One model, as a user sees it. */
export interface ModelStatus {
  readonly name: string;
  /** `skipped`: one above it failed. `pending`: not run since the start though it should, or waiting to be built. */
  readonly status: 'ok' | 'failed' | 'skipped' | 'pending' | 'running';
  /** Its rows, an estimate when it is large; null when not known, and for views. */
  readonly rows: number | null;
  /** When it last ran, in ISO 8601. */
  readonly lastRunAt: string | null;
  readonly durationMs: number | null;
  /** dbt's words, when it failed. */
  readonly error: string | null;
}

/** A run that has ended. */
export interface LastRun {
  readonly id: string;
  readonly kind: RunKind;
  /** In ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly models: number;
  readonly failed: number;
  readonly rowsAffected: number;
}

/** One dbt test, as a user sees it. */
export interface TestStatus {
  readonly name: string;
  readonly status: 'ok' | 'failed';
  /** dbt's words when it last failed. */
  readonly error: string | null;
}

/** The dbt tests that are run now and then. */
export interface TestsStatus {
  /** When they were last begun, in ISO 8601; null when they have not been run yet. */
  readonly lastRunAt: string | null;
  readonly tests: readonly TestStatus[];
}

/** What is wrong now. */
export interface StatusError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string | null;
}

/** The dataemon, as a user sees it. */
export interface DataemonStatus {
  readonly state: DataemonState;
  /** The package in words. */
  readonly package: string;
  readonly selector: string | null;
  /** Whether another dataemon keeps these models, and this one waits to take over. */
  readonly isStandby: boolean;
  /**
   * Every document up to this `saved_timestamp` (ISO 8601, UTC, without zone) is in all models: the greatest there was
   * before the last run that left every model well. Null before that, and while there are no documents.
   */
  readonly upToDateWith: string | null;
  readonly lastRun: LastRun | null;
  readonly models: readonly ModelStatus[];
  /** Null when none are to be run. */
  readonly tests: TestsStatus | null;
  readonly error: StatusError | null;
}

/** An error as the status shows it. */
export function statusError(error: SyncError | undefined): StatusError | null {
  if (error === undefined) return null;
  return { code: error.code, message: error.message, remedy: error.remedy ?? null };
}
