import { SyncError } from '../lib/index.js';

/** Another process has moved the checkpoint of this source. */
export function checkpointMoved(source: string): SyncError {
  return new SyncError('CHECKPOINT_MOVED', `Another process has moved the checkpoint of ${source}.`, { passing: true });
}
