import type pg from 'pg';
import type { TableNames } from './identifiers.js';
import { storableText } from './storable-text.js';

/** What a comparison of a source with the table has counted. */
export interface VerificationFigures {
  /** Documents that were compared, tombstones too. */
  readonly compared: number;
  readonly missing: number;
  readonly stale: number;
  readonly extra: number;
  readonly parked: number;
  readonly purged: number;
  /** How many of these differences were mended. */
  readonly repaired: number;
  /** How many are left. */
  readonly remaining: number;
}

/** The columns of `VerificationFigures`, of a table or alias. */
export function verificationFigures(table: string): string {
  const columns = ['compared', 'missing', 'stale', 'extra', 'parked', 'purged', 'repaired', 'remaining'];
  return columns.map((column) => `${table}.${column}::float8`).join(', ');
}

/** How a comparison of a source with the table ended. */
export interface VerificationRow extends VerificationFigures {
  readonly source: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** The first of the differences. */
  readonly differences: readonly { readonly id: string }[];
}

/** Stores how the last comparison of a source ended, in place of the one before. */
export async function storeVerification(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  result: VerificationRow,
): Promise<void> {
  const differences = result.differences.map((difference) => ({ ...difference, id: storableText(difference.id) }));
  await client.query(
    `INSERT INTO ${names.verify} (source, started_at, ended_at, compared, missing, stale, extra, parked, purged,
       repaired, remaining, differences)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     ON CONFLICT (source) DO UPDATE SET
       started_at = excluded.started_at, ended_at = excluded.ended_at, compared = excluded.compared,
       missing = excluded.missing, stale = excluded.stale, extra = excluded.extra, parked = excluded.parked,
       purged = excluded.purged, repaired = excluded.repaired, remaining = excluded.remaining,
       differences = excluded.differences`,
    [
      ...[result.source, result.startedAt, result.endedAt, result.compared, result.missing, result.stale],
      ...[result.extra, result.parked, result.purged, result.repaired, result.remaining, JSON.stringify(differences)],
    ],
  );
}

/** Reads how the last comparison of a source ended; undefined when there was none. */
export async function readVerification(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
): Promise<VerificationRow | undefined> {
  const { rows } = await client.query<VerificationRow>(
    `SELECT source, started_at AS "startedAt", ended_at AS "endedAt", ${verificationFigures('v')}, differences
     FROM ${names.verify} AS v WHERE source = $1`,
    [source],
  );
  return rows[0];
}
