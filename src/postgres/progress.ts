import type pg from 'pg';
import type { ErrorCode } from '../lib/index.js';
import type { TableNames } from './identifiers.js';

/** What is stored of a source's way through its changes feed. */
export interface Checkpoint {
  /** The sequence up to which every change is in the table; opaque, sent back to CouchDB as it came. */
  readonly sequence: string;
  /** The `instance_start_time` of the database it belongs to; null when the table does not say (cht-sync v2). */
  readonly instanceStartTime: string | null;
}

/** Reads a source's checkpoint; undefined when nothing of it was ever stored. */
export async function readCheckpoint(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
): Promise<Checkpoint | undefined> {
  const { rows } = await client.query<{ seq: string | null; instance_start_time: string | null }>(
    `SELECT seq, instance_start_time FROM ${names.progress} WHERE source = $1`,
    [source],
  );
  const row = rows[0];
  if (row?.seq == null) return undefined;
  return { sequence: row.seq, instanceStartTime: row.instance_start_time };
}

/** A step of the checkpoint. */
export interface CheckpointMove {
  readonly source: string;
  /** What this process believes is stored. */
  readonly from: string | undefined;
  readonly to: Checkpoint;
  /** How many changes are still to come; null when CouchDB has not said. */
  readonly pending: number | null;
  /** The greatest `saved_timestamp` of this transaction; undefined when it changed no row. */
  readonly savedTimestamp: string | undefined;
}

/**
 * Moves the checkpoint from one sequence to the next, only if it still is where this process left it.
 *
 * @returns whether it was; if not, another process writes this source, and the transaction must be rolled back.
 */
export async function moveCheckpoint(
  client: pg.ClientBase,
  names: TableNames,
  { source, from, to, pending, savedTimestamp }: CheckpointMove,
): Promise<boolean> {
  const { rowCount } = await client.query({
    name: `cht_sync_checkpoint ${names.progress}`,
    text: `
      INSERT INTO ${names.progress} AS p (source, seq, instance_start_time, pending, saved_timestamp, updated_at)
      VALUES ($1, $3, $4, $5, $6::timestamp, now())
      ON CONFLICT (source) DO UPDATE SET
        seq = excluded.seq,
        instance_start_time = excluded.instance_start_time,
        pending = excluded.pending,
        saved_timestamp = coalesce(excluded.saved_timestamp, p.saved_timestamp),
        updated_at = excluded.updated_at
      WHERE p.seq IS NOT DISTINCT FROM $2`,
    values: [source, from ?? null, to.sequence, to.instanceStartTime, pending, savedTimestamp ?? null],
  });
  return rowCount === 1;
}

/** What a source is doing, for `couchdb_progress`. */
export interface SourceReport {
  readonly state: string;
  readonly pending: number | null;
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
}

/** Stores what a source is doing, and that it was alive now; leaves the checkpoint alone. */
export async function reportSource(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
  { state, pending, error }: SourceReport,
): Promise<void> {
  await client.query(
    `INSERT INTO ${names.progress} (source, state, pending, error_code, error, updated_at)
     VALUES ($1, $2, $3, $4, $5, now())
     ON CONFLICT (source) DO UPDATE SET
       state = excluded.state, pending = excluded.pending,
       error_code = excluded.error_code, error = excluded.error, updated_at = excluded.updated_at`,
    [source, state, pending, error?.code ?? null, error?.message ?? null],
  );
}
