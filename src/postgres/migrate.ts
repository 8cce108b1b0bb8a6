import type pg from 'pg';
import { SyncError, systemClock, type Clock, type Log } from '../lib/index.js';
import { tryLock } from './advisory-lock.js';
import { noticeLostClient } from './lost-client.js';
import { planMigration } from './migration/plan.js';
import { describeHolders, type LockHolder } from './migration/short-lock.js';
import type { MigrationTarget } from './migration/target.js';
import { classifyPostgresError } from './postgres-error.js';

/** What to migrate. */
export interface MigrateOptions extends MigrationTarget {
  readonly pool: pg.Pool;
  /** After how long waiting for a lock is given up, in milliseconds; Infinity for never. Default: 20 s. */
  readonly patienceMs?: number;
  readonly clock?: Clock;
  readonly log: Log;
}

const defaultPatienceMs = 20_000;
const lookEveryMs = 100;

/**
 * Brings the tables of a schema to what this version needs, step by step; does nothing when they are already. Each step is
 * whole or not at all, so it may be killed and called again, and two processes may call it at once.
 *
 * @throws SyncError POSTGRES_SCHEMA_UNKNOWN when a newer version has migrated the schema, or the table of documents is not
 *   ours; POSTGRES_* otherwise.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { pool, schema } = options;
  let client: pg.PoolClient | undefined;
  try {
    client = await pool.connect();
    const { steps } = await planMigration(client, options);
    if (steps.length > 0) await migrateAlone(client, options);
    // What the steps have set is no business of those who get the connection next.
    client.release(steps.length > 0);
  } catch (error) {
    // A connection in an unknown state is not given back to the pool.
    client?.release(true);
    throw classifyPostgresError(error, `preparing the tables of schema ${schema}`);
  }
}

async function migrateAlone(client: pg.PoolClient, options: MigrateOptions): Promise<void> {
  const { schema, patienceMs = defaultPatienceMs, clock = systemClock, log } = options;
  await noticeLostClient(client);
  const giveUpAt = clock.now() + patienceMs;
  // Asked for again and again: an index that is built CONCURRENTLY would wait for whoever waits for the lock.
  while (!(await tryLock(client, `migrate ${schema}`))) {
    if (clock.now() >= giveUpAt) throw anotherMigrates(schema);
    await clock.sleep(lookEveryMs);
  }
  let hasTold = false;
  const onWait = (holders: readonly LockHolder[]) => {
    if (!hasTold) log.warn({ schema }, `a migration waits for a lock that is held by ${describeHolders(holders)}`);
    hasTold = true;
  };
  // Another process may have done some of it by now.
  const { steps } = await planMigration(client, options);
  for (const step of steps) {
    await step.apply(client, { clock, patienceMs, onWait });
    log.info({ schema, migration: step.name }, 'migrated');
  }
}

function anotherMigrates(schema: string): SyncError {
  return new SyncError('POSTGRES_STATEMENT_FAILED', `Another process is migrating schema ${schema}.`, {
    passing: true,
    remedy: 'Wait until it has ended.',
  });
}
