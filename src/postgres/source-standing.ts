import type pg from 'pg';
import type { TableNames } from './identifiers.js';
import { verificationFigures, type VerificationFigures } from './verification.js';

/** How a source stands, by what the database tells. */
export interface SourceStanding {
  readonly source: string;
  /** The checkpoint; null before there is one. */
  readonly sequence: string | null;
  /** What it was doing when it was last reported of; null when no report was ever made (cht-sync v2). */
  readonly state: string | null;
  readonly pending: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** How old that report is, in milliseconds. */
  readonly ageMs: number;
  /** When a document of it was last written, by PostgreSQL's clock; null when unknown. */
  readonly lastChangeAt: Date | null;
  /** Whether a person has asked it to wait. */
  readonly paused: boolean;
  /** Documents that are parked. */
  readonly parked: number;
  /** How its last verification ended; null when there was none. */
  readonly verification: StoredVerification | null;
}

/** How a verification ended, in numbers. */
export interface StoredVerification {
  readonly endedAt: Date;
  readonly compared: number;
  readonly differences: Readonly<Record<'missing' | 'stale' | 'extra' | 'parked' | 'purged', number>>;
  readonly repaired: number;
  readonly remaining: number;
}

interface Row extends VerificationFigures {
  readonly source: string;
  readonly seq: string | null;
  readonly state: string | null;
  readonly pending: number | null;
  readonly error_code: string | null;
  readonly error: string | null;
  readonly age_ms: number;
  readonly last_change_at: Date | null;
  readonly paused: boolean;
  readonly parked_now: number;
  readonly ended_at: Date | null;
}

/** How all sources stand that were ever followed, by name. */
export async function listStandings(client: pg.ClientBase | pg.Pool, names: TableNames): Promise<SourceStanding[]> {
  const { rows } = await client.query<Row>(
    `SELECT p.source, p.seq, p.state, p.pending, p.error_code, p.error,
       coalesce(extract(epoch FROM now() - p.updated_at) * 1000, 'infinity')::float8 AS age_ms,
       p.saved_timestamp AT TIME ZONE 'UTC' AS last_change_at, coalesce(c.paused, false) AS paused,
       coalesce(r.documents, 0)::float8 AS parked_now, v.ended_at, ${verificationFigures('v')}
     FROM ${names.progress} p
     LEFT JOIN ${names.control} c ON c.source = p.source
     LEFT JOIN ${names.verify} v ON v.source = p.source
     LEFT JOIN (SELECT source, count(*) AS documents FROM ${names.rejected} GROUP BY source) r ON r.source = p.source
     ORDER BY p.source`,
  );
  return rows.map((row) => ({
    ...{ source: row.source, sequence: row.seq, state: row.state, pending: row.pending, ageMs: row.age_ms },
    error: row.error_code === null ? null : { code: row.error_code, message: row.error ?? '' },
    ...{ lastChangeAt: row.last_change_at, paused: row.paused, parked: row.parked_now },
    verification: verificationOf(row),
  }));
}

function verificationOf(row: Row): StoredVerification | null {
  if (row.ended_at === null) return null;
  const { ended_at: endedAt, compared, missing, stale, extra, parked, purged, repaired, remaining } = row;
  return { endedAt, compared, differences: { missing, stale, extra, parked, purged }, repaired, remaining };
}
