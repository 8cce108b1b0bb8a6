import type pg from 'pg';
import type { LockPatience } from './short-lock.js';

/** A table that a step works on, as it is before. */
export interface Touched {
  /** Its name, without schema. */
  readonly table: string;
  /** With its indexes and what is stored beside it. */
  readonly bytes: number;
  /** PostgreSQL's estimate; null when it has none. */
  readonly rows: number | null;
}

/**
 * Who has to wait for a step. `instant`: the tables are locked while their description is changed, which takes milliseconds
 * whatever their size. `none`: everybody reads and writes on.
 */
export type StepLock = 'instant' | 'none';

/** A step of a migration. Each may be repeated: one that was cut off is done again from its beginning. */
export interface MigrationStep {
  readonly name: string;
  /** What it is for, in a sentence. */
  readonly says: string;
  readonly touches: readonly Touched[];
  readonly lock: StepLock;
  /** @throws pg.DatabaseError, SyncError. */
  apply(client: pg.ClientBase, patience: LockPatience): Promise<void>;
}

/** What the tables were made by: nobody yet, medic/cht-sync v2, or CHT Sync of any version. */
export type Origin = 'nobody' | 'cht-sync-v2' | 'cht-sync';

/** What has to be done to the tables of a family. */
export interface MigrationPlan {
  readonly origin: Origin;
  readonly steps: readonly MigrationStep[];
}
