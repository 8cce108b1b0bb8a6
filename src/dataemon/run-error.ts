import { messageOf, SyncError } from '../lib/index.js';
import { isConnectionLoss, isInterrupted } from './engine/connection-loss.js';
import { DbtError, type NodeResult } from './engine/engine.js';

/** What dbt says when it could not run at all: no connection, or a hook that fails before the models. */
export function asSyncError(thrown: unknown): unknown {
  const error = thrown instanceof RunCutShort ? thrown.cause : thrown;
  if (!(error instanceof DbtError)) return error;
  if (isConnectionLoss(error.message)) return connectionLost(error.message);
  return new SyncError('MODEL_FAILED', `dbt could not run the models: ${error.message}`, {
    remedy: 'Correct what the message names: a hook of the package, or a right of the PostgreSQL user.',
    passing: true,
    cause: error,
  });
}

/** A run has ended because the connection of dbt did. */
function connectionLost(words: string): SyncError {
  return new SyncError('POSTGRES_UNREACHABLE', `dbt's connection to PostgreSQL was lost: ${words}`, {
    remedy: 'Check that PostgreSQL runs and accepts connections from here; it is tried again.',
    passing: true,
  });
}

/** A run has come to results, some of which are that the connection was lost. */
export function interrupted(results: readonly NodeResult[]): SyncError {
  return connectionLost(results.find(isInterrupted)?.error ?? '');
}

/** A run that came to no results: dbt hung, died or refused. */
export class RunCutShort extends Error {
  /** @param running - the ids of the models that were under way. */
  constructor(
    override readonly cause: unknown,
    readonly running: readonly string[],
  ) {
    super(messageOf(cause), { cause });
  }
}

/** The results of models of a run that has come to none. */
export function failedResults(
  ids: readonly string[],
  { startedAt, durationMs, words }: { readonly startedAt: Date; readonly durationMs: number; readonly words: string },
): NodeResult[] {
  return ids.map((id) => {
    const name = id.split('.').at(-1) ?? id;
    return { id, name, status: 'failed', rowsAffected: null, startedAt, durationMs, error: words };
  });
}
