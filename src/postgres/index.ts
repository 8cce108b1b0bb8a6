export { isLocked, tryLock } from './advisory-lock.js';
export { cancelOnAbort } from './cancel.js';
export { changeChannel, notifyChange, type ChangeNotification } from './change-notification.js';
export { dropOvertaken } from './compare-and-set.js';
export { clientConfig, createPool, type PoolOptions, type PostgresConnection } from './connection.js';
export {
  moveCheckpoint,
  readCheckpoint,
  type Checkpoint,
  type CheckpointMove,
  type IdAndRevision,
} from './checkpoint.js';
export { askSource, controlChannel, readControl, type Control } from './control.js';
export type { StagedRow } from './copy-binary.js';
export { beginRegression, endRegression, storeMark, type DatabaseMark } from './database-mark.js';
export {
  aliasCollisions,
  nextWatermark,
  prepareStaging,
  stage,
  upsertStaged,
  type Upserted,
  type UpsertOptions,
} from './documents.js';
export {
  applyGrants,
  grantStatements,
  isOfPrivilege,
  lookAtGrants,
  readersOtherWays,
  remedyForPrivilege,
  roleKinds,
  type GrantFacts,
  type GrantSection,
  type GrantWish,
  type RoleKind,
} from './grants/index.js';
export { holdCheckpoint } from './hold-checkpoint.js';
export { quoteIdentifier, tableNames, type TableNames } from './identifiers.js';
export { noticeLostClient } from './lost-client.js';
export { migrate, type MigrateOptions } from './migrate.js';
export { copyCouch2pg, type CopyOptions } from './migration/copy-couch2pg.js';
export {
  findCouch2pg,
  planCopy,
  type Couch2pgTables,
  type CopyPart,
  type CopyPlan,
} from './migration/couch2pg-tables.js';
export { modelTables, type ModelTables } from './migration/model-tables.js';
export { planMigration } from './migration/plan.js';
export type { MigrationPlan, MigrationStep, Origin, StepLock, Touched } from './migration/step.js';
export type { MigrationFamily, MigrationTarget } from './migration/target.js';
export {
  blameFor,
  classified,
  classifyPostgresError,
  isOfMissingTable,
  sqlState,
  type Blame,
} from './postgres-error.js';
export { copied, takenOver } from './regressions.js';
export { listReports, readReport, reportSource, type SourceReport, type StoredReport } from './source-report.js';
export {
  forgetParked,
  listParked,
  parkedKey,
  parkedTextOf,
  parkRejected,
  unparkStaged,
  type Parked,
  type ParkedFilter,
  type Rejection,
} from './rejected.js';
export {
  beginSnapshot,
  dropSnapshot,
  finishRange,
  holdRange,
  moveRange,
  readSnapshot,
  splitRange,
  type RangeSplit,
  type SnapshotOrigin,
  type SnapshotRange,
  type StoredSnapshot,
} from './snapshot.js';
export { listStandings, type SourceStanding, type StoredVerification } from './source-standing.js';
export { isStorableText, storableText } from './storable-text.js';
export {
  parkedRevisionsOf,
  storedRevisions,
  storedRevisionsOf,
  type StoredDocument,
  type StoredRevision,
} from './stored-revisions.js';
export { readVerification, storeVerification, type VerificationRow } from './verification.js';
