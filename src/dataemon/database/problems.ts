import { quoteIdentifier } from '../../postgres/index.js';
import type { Problem } from '../problems.js';
import type { Queries } from './session.js';
import type { StandingPlace } from './standings.js';

/** What is, or last was, wrong with a dataemon as a whole. */
export interface ProblemReport {
  /** The selector of the dataemon; null when it builds all models. */
  readonly selector: string | null;
  readonly kind: string;
  readonly code: string;
  readonly message: string;
  readonly remedy: string | null;
  readonly beganAt: Date;
  /** Null while it lasts. */
  readonly endedAt: Date | null;
}

/** The problems of all dataemons of a schema, those that last first. */
export async function readProblems(database: Queries, schema: string): Promise<ProblemReport[]> {
  return database.query<ProblemReport & Record<string, unknown>>(
    'reading what is wrong with dataemons',
    `SELECT nullif(selector, '') AS selector, kind, code, message, remedy, began_at AS "beganAt", ended_at AS "endedAt"
     FROM ${quoteIdentifier(schema)}.dataemon_problem ORDER BY ended_at DESC NULLS FIRST, began_at DESC, selector, kind`,
  );
}

/** Writes what is wrong, and that what is not told of any more has passed. */
export async function writeProblems(
  database: Queries,
  { schema, selector = '' }: StandingPlace,
  problems: readonly Problem[],
  now: Date,
): Promise<void> {
  const table = `${quoteIdentifier(schema)}.dataemon_problem`;
  await database.query(
    'writing what has passed',
    `UPDATE ${table} SET ended_at = $2 WHERE selector = $1 AND ended_at IS NULL AND NOT kind = ANY($3)`,
    [selector, now, problems.map(({ kind }) => kind)],
  );
  if (problems.length === 0) return;
  await database.query(
    'writing what is wrong',
    `INSERT INTO ${table} AS p (selector, kind, code, message, remedy, began_at, ended_at)
     SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[])
     ON CONFLICT (selector, kind) DO UPDATE SET code = excluded.code, message = excluded.message,
       remedy = excluded.remedy, began_at = excluded.began_at, ended_at = excluded.ended_at`,
    [
      selector,
      problems.map(({ kind }) => kind),
      problems.map(({ error }) => error.code),
      problems.map(({ error }) => error.message),
      problems.map(({ error }) => error.remedy ?? null),
      problems.map(({ beganAt }) => beganAt),
      problems.map(({ endedAt }) => endedAt),
    ],
  );
}
