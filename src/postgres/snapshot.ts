import type pg from 'pg';
import type { TableNames } from './identifiers.js';

/** A part of the ids of a source, and how far it is read. Range 0 is the pass over the feed for tombstones. */
export interface SnapshotRange {
  readonly number: number;
  /** The first id; null: from the beginning. */
  readonly start: string | null;
  /** The id it ends before; null: to the end. */
  readonly end: string | null;
  /** The last id whose document is in the table (of range 0: the sequence it has come to); null: none. */
  readonly reached: string | null;
  /** How many documents it has brought. */
  readonly documents: number;
  readonly isDone: boolean;
}

/** What a snapshot is of. */
export interface SnapshotOrigin {
  /** The sequence taken before it began. */
  readonly sequence: string;
  readonly instanceStartTime: string | null;
  /** Whether rows are written again whose revision is in the table already. */
  readonly force: boolean;
}

/** A snapshot that has begun and has not ended. */
export interface StoredSnapshot extends SnapshotOrigin {
  readonly ranges: readonly SnapshotRange[];
}

interface SnapshotRow {
  readonly range: number;
  readonly start_key: string | null;
  readonly end_key: string | null;
  readonly done_up_to: string | null;
  readonly is_done: boolean;
  readonly documents: string;
  readonly since: string;
  readonly instance_start_time: string | null;
  readonly force: boolean;
}

/** Reads the snapshot of a source that is under way; undefined when there is none. */
export async function readSnapshot(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
): Promise<StoredSnapshot | undefined> {
  const { rows } = await client.query<SnapshotRow>(
    `SELECT range, start_key, end_key, done_up_to, is_done, documents, since, instance_start_time, force
     FROM ${names.snapshot} WHERE source = $1 ORDER BY range`,
    [source],
  );
  const [first] = rows;
  if (first === undefined) return undefined;
  return {
    sequence: first.since,
    instanceStartTime: first.instance_start_time,
    force: first.force,
    ranges: rows.map((row) => ({
      number: row.range,
      start: fromJson(row.start_key),
      end: fromJson(row.end_key),
      reached: fromJson(row.done_up_to),
      documents: Number(row.documents),
      isDone: row.is_done,
    })),
  };
}

/** Stores a new snapshot: one range of all ids, and the pass for tombstones. What was stored of another is dropped. */
export async function beginSnapshot(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
  { sequence, instanceStartTime, force }: SnapshotOrigin,
): Promise<void> {
  await dropSnapshot(client, names, source);
  await client.query(
    `INSERT INTO ${names.snapshot} (source, range, since, instance_start_time, force)
     VALUES ($1, 0, $2, $3, $4), ($1, 1, $2, $3, $4)`,
    [source, sequence, instanceStartTime, force],
  );
}

/** Where a range is cut. */
export interface RangeSplit {
  readonly number: number;
  /** Where it ends now. */
  readonly end: string | null;
  /** Where it is to end, and the new range to begin. */
  readonly at: string;
  /** The number of the new range. */
  readonly other: number;
}

/** Cuts a range in two; says whether it still was as it was believed to be. */
export async function splitRange(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
  { number, end, at, other }: RangeSplit,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `WITH cut AS (
       UPDATE ${names.snapshot} SET end_key = $4
       WHERE source = $1 AND range = $2 AND end_key IS NOT DISTINCT FROM $3 AND NOT is_done
       RETURNING since, instance_start_time, force
     )
     INSERT INTO ${names.snapshot} (source, range, start_key, end_key, since, instance_start_time, force)
     SELECT $1, $5, $4, $3, since, instance_start_time, force FROM cut`,
    [source, number, toJson(end), toJson(at), other],
  );
  return rowCount === 1;
}

/** A step of a range. */
export interface RangeMove {
  readonly number: number;
  /** What this process believes is stored. */
  readonly from: string | null;
  readonly to: string;
  /** How many documents the step brings. */
  readonly documents: number;
}

/**
 * Moves the mark of a range, only if it still is where this process left it.
 *
 * @returns whether it was; if not, another process writes this source, and the transaction must be rolled back.
 */
export async function moveRange(
  client: pg.ClientBase,
  names: TableNames,
  source: string,
  { number, from, to, documents }: RangeMove,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE ${names.snapshot} SET done_up_to = $4, documents = documents + $5
     WHERE source = $1 AND range = $2 AND done_up_to IS NOT DISTINCT FROM $3`,
    [source, number, toJson(from), toJson(to), documents],
  );
  return rowCount === 1;
}

/** Says whether the mark of a range is where this process left it, and keeps it there to the end of the transaction. */
export async function holdRange(
  client: pg.ClientBase,
  names: TableNames,
  source: string,
  { number, from }: Pick<RangeMove, 'number' | 'from'>,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM ${names.snapshot} WHERE source = $1 AND range = $2 AND done_up_to IS NOT DISTINCT FROM $3 FOR UPDATE`,
    [source, number, toJson(from)],
  );
  return rowCount === 1;
}

/** Notes that all of a range is in the table. */
export async function finishRange(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
  number: number,
): Promise<void> {
  await client.query(`UPDATE ${names.snapshot} SET is_done = true WHERE source = $1 AND range = $2`, [source, number]);
}

/** Forgets the snapshot of a source, if there is one. */
export async function dropSnapshot(client: pg.ClientBase | pg.Pool, names: TableNames, source: string): Promise<void> {
  await client.query(`DELETE FROM ${names.snapshot} WHERE source = $1`, [source]);
}

const toJson = (text: string | null) => (text === null ? null : JSON.stringify(text));
const fromJson = (json: string | null) => (json === null ? null : (JSON.parse(json) as string));
