import type pg from 'pg';
import { z } from 'zod';
import type { ErrorCode } from '../lib/index.js';
import type { TableNames } from './identifiers.js';

/** What CouchDB said of a database; null where it was not asked yet (cht-sync v2), or did not say. */
export interface DatabaseMark {
  /** When the database was made: its identity, since CouchDB 3.3. */
  readonly instanceStartTime: string | null;
  readonly updateSequence: string | null;
  readonly purgeSequence: string | null;
  readonly documents: number | null;
  readonly tombstones: number | null;
}

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
  const { rowCount } = await client.query({
    name: `cht_sync_checkpoint ${names.progress}`,
    text: `
      INSERT INTO ${names.progress} AS p (source, seq, pending, saved_timestamp, recent, updated_at)
      VALUES ($1, $3, $4, $5::timestamp, $6, now())
      ON CONFLICT (source) DO UPDATE SET
        seq = excluded.seq,
        pending = excluded.pending,
        saved_timestamp = coalesce(excluded.saved_timestamp, p.saved_timestamp),
        recent = coalesce(excluded.recent, p.recent),
        updated_at = excluded.updated_at
      WHERE p.seq IS NOT DISTINCT FROM $2`,
    values: [
      source,
      from ?? null,
      to,
      pending,
      savedTimestamp ?? null,
      recent.length === 0 ? null : JSON.stringify(recent),
    ],
  });
  return rowCount === 1;
}

/** Stores what the database is now; writes nothing when that is stored already. */
export async function storeMark(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
  { instanceStartTime, updateSequence, purgeSequence, documents, tombstones }: DatabaseMark,
): Promise<void> {
  await client.query(
    `INSERT INTO ${names.progress} AS p
       (source, instance_start_time, update_seq, purge_seq, doc_count, doc_del_count, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, now())
     ON CONFLICT (source) DO UPDATE SET
       instance_start_time = excluded.instance_start_time, update_seq = excluded.update_seq,
       purge_seq = excluded.purge_seq, doc_count = excluded.doc_count, doc_del_count = excluded.doc_del_count,
       updated_at = excluded.updated_at
     WHERE (p.instance_start_time, p.update_seq, p.purge_seq, p.doc_count, p.doc_del_count) IS DISTINCT FROM
       (excluded.instance_start_time, excluded.update_seq, excluded.purge_seq, excluded.doc_count, excluded.doc_del_count)`,
    [source, instanceStartTime, updateSequence, purgeSequence, documents, tombstones],
  );
}

/** Notes that the database is not what it was, so that mending it survives a crash. */
export async function beginRegression(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
  regression: string,
): Promise<void> {
  await client.query(`UPDATE ${names.progress} SET regression = $2 WHERE source = $1`, [source, regression]);
}

/** Notes what the database is now that it is mended; what was written before it changed proves nothing any more. */
export async function endRegression(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
  { instanceStartTime, updateSequence, purgeSequence, documents, tombstones }: DatabaseMark,
): Promise<void> {
  await client.query(
    `UPDATE ${names.progress} SET
       regression = NULL, recent = NULL, instance_start_time = $2, update_seq = $3, purge_seq = $4,
       doc_count = $5, doc_del_count = $6
     WHERE source = $1`,
    [source, instanceStartTime, updateSequence, purgeSequence, documents, tombstones],
  );
}

/** A source as its last report left it. */
export interface StoredSource {
  readonly source: string;
  /** Null when no report was ever made (cht-sync v2). */
  readonly state: string | null;
  readonly sequence: string | null;
  readonly pending: number | null;
  /** How old the report is, in milliseconds. */
  readonly reportedMsAgo: number;
  readonly error: { readonly code: string; readonly message: string } | null;
}

interface StoredSourceRow {
  readonly source: string;
  readonly state: string | null;
  readonly seq: string | null;
  readonly pending: number | null;
  readonly ago: number;
  readonly error_code: string | null;
  readonly error: string | null;
}

/** Every source that was ever followed, by name. */
export async function listSources(client: pg.ClientBase | pg.Pool, names: TableNames): Promise<StoredSource[]> {
  const { rows } = await client.query<StoredSourceRow>(
    `SELECT source, state, seq, pending, error_code, error,
       coalesce(extract(epoch FROM now() - updated_at) * 1000, 'infinity')::float8 AS ago
     FROM ${names.progress} ORDER BY source`,
  );
  return rows.map(({ source, state, seq, pending, ago, error_code: code, error }) => ({
    ...{ source, state, sequence: seq, pending, reportedMsAgo: ago },
    error: code === null ? null : { code, message: error ?? '' },
  }));
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

/** What is stored of the process that follows a source. */
export interface FollowerReport {
  readonly state: string | null;
  readonly pending: number | null;
  /** How long ago that was stored, in milliseconds. */
  readonly ageMs: number;
}

/** Reads what was last reported of a source; undefined when nothing ever was. */
export async function readReport(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
): Promise<FollowerReport | undefined> {
  const { rows } = await client.query<FollowerReport>(
    `SELECT state, pending, (extract(epoch FROM now() - updated_at) * 1000)::float8 AS "ageMs"
     FROM ${names.progress} WHERE source = $1`,
    [source],
  );
  return rows[0];
}
