import type pg from 'pg';
import type { ErrorCode } from '../lib/index.js';
import { storedPending } from './checkpoint.js';
import type { TableNames } from './identifiers.js';

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
    [source, state, storedPending(pending), error?.code ?? null, error?.message ?? null],
  );
}

/** A source as its last report left it. */
export interface StoredReport {
  readonly source: string;
  /** Null when no report was ever made (cht-sync v2). */
  readonly state: string | null;
  readonly pending: number | null;
  /** How old it is, in milliseconds. */
  readonly ageMs: number;
}

const columns = `source, state, pending, coalesce(extract(epoch FROM now() - updated_at) * 1000, 'infinity')::float8 AS "ageMs"`;

/** The reports of all sources that were ever followed, by name. */
export async function listReports(client: pg.ClientBase | pg.Pool, names: TableNames): Promise<StoredReport[]> {
  const { rows } = await client.query<StoredReport>(`SELECT ${columns} FROM ${names.progress} ORDER BY source`);
  return rows;
}

/** Reads what was last reported of a source; undefined when nothing ever was. */
export async function readReport(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
): Promise<StoredReport | undefined> {
  const { rows } = await client.query<StoredReport>(`SELECT ${columns} FROM ${names.progress} WHERE source = $1`, [
    source,
  ]);
  return rows[0];
}
