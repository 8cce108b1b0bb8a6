import type pg from 'pg';
import { z } from 'zod';
import type { DatabaseMark } from './database-mark.js';
import type { TableNames } from './identifiers.js';

/** An id and one of its revisions. */
export type IdAndRevision = readonly [id: string, rev: string];

/** What is stored of a source's way through its changes feed. */
export interface Checkpoint {
  /** The sequence up to which every change is in the table; opaque, sent back to CouchDB as it came. */
  readonly sequence: string;
  /** What the database was when it was last looked at. */
  readonly mark: DatabaseMark;
  /** Some of what was written last. */
  readonly recent: readonly IdAndRevision[];
  /** The regression that is not mended yet; null when there is none. */
  readonly regression: string | null;
}

interface ProgressRow {
  readonly seq: string | null;
  readonly instance_start_time: string | null;
  readonly update_seq: string | null;
  readonly purge_seq: string | null;
  readonly doc_count: string | null;
  readonly doc_del_count: string | null;
  readonly recent: string | null;
  readonly regression: string | null;
}

const recentSchema = z.array(z.tuple([z.string(), z.string()]));

/** Reads a source's checkpoint; undefined when nothing of it was ever stored. */
export async function readCheckpoint(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
): Promise<Checkpoint | undefined> {
  const { rows } = await client.query<ProgressRow>(
    `SELECT seq, instance_start_time, update_seq, purge_seq, doc_count, doc_del_count, recent, regression
     FROM ${names.progress} WHERE source = $1`,
    [source],
  );
  const row = rows[0];
  if (row?.seq == null) return undefined;
  const count = (text: string | null) => (text === null ? null : Number(text));
  return {
    sequence: row.seq,
    mark: {
      instanceStartTime: row.instance_start_time,
      updateSequence: row.update_seq,
      purgeSequence: row.purge_seq,
      documents: count(row.doc_count),
      tombstones: count(row.doc_del_count),
    },
    recent: row.recent === null ? [] : recentSchema.parse(JSON.parse(row.recent)),
    regression: row.regression,
  };
}

/** A step of the checkpoint. */
export interface CheckpointMove {
  readonly source: string;
  /** What this process believes is stored. */
  readonly from: string | undefined;
  readonly to: string;
  /** How many changes are still to come; null when CouchDB has not said. */
  readonly pending: number | null;
  /** The greatest `saved_timestamp` of this transaction; undefined when it changed no row. */
  readonly savedTimestamp: string | undefined;
  /** Some of what was written last; empty leaves what is stored. */
  readonly recent: readonly IdAndRevision[];
}

/**
 * Moves the checkpoint from one sequence to the next, only if it still is where this process left it.
 *
 * @returns whether it was; if not, another process writes this source, and the transaction must be rolled back.
 */
export async function moveCheckpoint(
  client: pg.ClientBase,
  names: TableNames,
  { source, from, to, pending, savedTimestamp, recent }: CheckpointMove,
): Promise<boolean> {
  const values = [
    source,
    to,
    storedPending(pending),
    savedTimestamp ?? null,
    recent.length === 0 ? null : JSON.stringify(recent),
  ];
  const { rowCount } = await (from === undefined
    ? client.query({ name: `cht_sync_first_checkpoint ${names.progress}`, text: firstStep(names), values })
    : client.query({
        name: `cht_sync_checkpoint ${names.progress}`,
        text: nextStep(names),
        values: [...values, from],
      }));
  return rowCount === 1;
}

/** What `couchdb_progress.pending` can hold, which has been an integer since cht-sync v1. */
export function storedPending(pending: number | null): number | null {
  return pending === null ? null : Math.min(pending, 2 ** 31 - 1);
}

/** The row may be there already, with a report of the source. */
const firstStep = (names: TableNames) => `
  INSERT INTO ${names.progress} AS p (source, seq, pending, saved_timestamp, recent, updated_at)
  VALUES ($1, $2, $3, $4::timestamp, $5, now())
  ON CONFLICT (source) DO UPDATE SET
    seq = excluded.seq,
    pending = excluded.pending,
    saved_timestamp = coalesce(excluded.saved_timestamp, p.saved_timestamp),
    recent = coalesce(excluded.recent, p.recent),
    updated_at = excluded.updated_at
  WHERE p.seq IS NULL`;

/** Never makes the row: that it is gone means that somebody wants everything to be read again. */
const nextStep = (names: TableNames) => `
  UPDATE ${names.progress} AS p SET
    seq = $2,
    pending = $3,
    saved_timestamp = coalesce($4::timestamp, p.saved_timestamp),
    recent = coalesce($5, p.recent),
    updated_at = now()
  WHERE source = $1 AND seq = $6`;
