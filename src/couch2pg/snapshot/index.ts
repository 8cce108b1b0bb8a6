export { feedIsSlow, snapshotIsFaster } from './is-faster.js';
export { runSnapshot } from './run-snapshot.js';
export type { SnapshotOptions, SnapshotProgress } from './snapshot-options.js';
