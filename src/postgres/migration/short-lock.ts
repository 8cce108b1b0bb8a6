import type pg from 'pg';
import { SyncError, type Clock } from '../../lib/index.js';
import { sqlState } from '../postgres-error.js';

/** Whose transaction holds a lock on one of the tables. */
export interface LockHolder {
  readonly pid: number;
  readonly user: string | null;
  readonly application: string | null;
  /** How long its transaction has been going on, in seconds. */
  readonly seconds: number;
}

/** How a lock is waited for. */
export interface LockPatience {
  readonly clock: Clock;
  /** After how long it is given up, in milliseconds; Infinity for never. */
  readonly patienceMs: number;
  /** Told of each try that has failed. */
  readonly onWait: (holders: readonly LockHolder[]) => void;
}

/**
 * Everybody else who wants the table queues behind whoever waits for it alone, so readers stand still for so long at most. It
 * is longer than `deadlock_timeout`, one second, after which autovacuum gives way.
 */
const lockTimeoutMs = 1_500;
const firstPauseMs = 500;
const longestPauseMs = 15_000;
/** Lock not available, deadlock. */
const retried = new Set(['55P03', '40P01']);

/**
 * Does something in a transaction that waits only briefly for locks, again and again until it gets them.
 *
 * @param tables - quoted names of the tables that are locked.
 * @throws SyncError POSTGRES_STATEMENT_FAILED, passing, that names who holds the lock, when patience has ended.
 */
export async function inShortLocks(
  client: pg.ClientBase,
  tables: readonly string[],
  { clock, patienceMs, onWait }: LockPatience,
  work: () => Promise<void>,
): Promise<void> {
  const giveUpAt = clock.now() + patienceMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
    try {
      await client.query(`BEGIN; SET LOCAL lock_timeout = ${lockTimeoutMs}; SET LOCAL statement_timeout = 0`);
      await work();
      await client.query('COMMIT');
      return;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      if (!retried.has(sqlState(error) ?? '')) throw error;
      const holders = await holdersOf(client, tables);
      if (clock.now() >= giveUpAt) throw isHeld(tables, holders, error);
      onWait(holders);
    }
    await clock.sleep(pauseMs);
  }
}

async function holdersOf(client: pg.ClientBase, tables: readonly string[]): Promise<LockHolder[]> {
  const { rows } = await client.query<LockHolder>(
    `SELECT DISTINCT a.pid, a.usename::text AS user, a.application_name AS application,
       coalesce(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float8 AS seconds
     FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.granted AND l.pid <> pg_backend_pid() AND l.locktype = 'relation'
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND l.relation IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS name)
     ORDER BY 4 DESC`,
    [tables],
  );
  return rows;
}

/** Who holds a lock, in words. */
export function describeHolders(holders: readonly LockHolder[]): string {
  const [longest] = holders;
  if (longest === undefined) return 'somebody who has just let it go';
  const { pid, user, application, seconds } = longest;
  const others = holders.length === 1 ? '' : ` and ${holders.length - 1} more`;
  return `process ${pid} of ${user ?? '?'} (${application ?? ''}), in a transaction of ${Math.round(seconds)} s${others}`;
}

function isHeld(tables: readonly string[], holders: readonly LockHolder[], cause: unknown): SyncError {
  const pid = holders[0]?.pid;
  return new SyncError(
    'POSTGRES_STATEMENT_FAILED',
    `The tables could not be migrated: ${tables.join(', ')} is locked by ${describeHolders(holders)}.`,
    {
      passing: true,
      cause,
      remedy: `Wait for it${pid === undefined ? '' : `, or end it: SELECT pg_terminate_backend(${pid})`}. Nothing was changed; it is tried again.`,
    },
  );
}
