import { SyncError } from '../lib/index.js';
import { isOfPrivilege, remedyForPrivilege } from '../postgres/index.js';

/** The error of a model that failed, with PostgreSQL's or dbt's words. */
export function modelFailed(name: string, words: string | null): SyncError {
  return new SyncError('MODEL_FAILED', `Model ${name} failed: ${words ?? ''}`, {
    remedy:
      words !== null && isOfPrivilege(words)
        ? remedyForPrivilege(words)
        : 'Correct the model, or the data that the message names; it is tried again with growing pauses.',
  });
}
