import { quoteIdentifier } from '../../postgres/index.js';
import type { NodeResult } from '../engine/engine.js';
import type { Queries, Session } from './session.js';
import type { StandingPlace } from './standings.js';

/** How a dbt test has last ended. */
export interface TestReport {
  /** dbt's unique id. */
  readonly id: string;
  readonly name: string;
  /** The selector of the dataemon that runs it; null when that builds all models. */
  readonly selector: string | null;
  readonly status: 'ok' | 'failed';
  readonly testedAt: Date;
  readonly durationMs: number;
  readonly lastSuccessAt: Date | null;
  /** Since when it has failed each time; null when it passes. */
  readonly failingSince: Date | null;
  /** dbt's words when it last failed, also when it passes again. */
  readonly error: string | null;
}

/** The tests of a selector, or of all. */
export async function readTests(
  database: Queries,
  { schema, selector }: { readonly schema: string; readonly selector?: string },
): Promise<TestReport[]> {
  return database.query<TestReport & Record<string, unknown>>(
    'reading how the tests have ended',
    `SELECT test AS id, name, nullif(selector, '') AS selector, status, tested_at AS "testedAt",
       duration_ms AS "durationMs", succeeded_at AS "lastSuccessAt", failing_since AS "failingSince", error
     FROM ${quoteIdentifier(schema)}.dataemon_test WHERE $1::text IS NULL OR selector = $1
     ORDER BY status = 'ok', name`,
    [selector ?? null],
  );
}

/** Writes how tests have ended. */
export async function writeTests(
  session: Session,
  { schema, selector = '' }: StandingPlace,
  results: readonly NodeResult[],
  at: Date,
): Promise<void> {
  await session.query(
    'writing how the tests have ended',
    `INSERT INTO ${quoteIdentifier(schema)}.dataemon_test AS t
       (selector, test, name, status, tested_at, duration_ms, succeeded_at, failing_since, error)
     SELECT $1, test, name, status, $2::timestamptz, duration_ms, CASE WHEN status = 'ok' THEN $2::timestamptz END,
       CASE WHEN status <> 'ok' THEN $2::timestamptz END, error
     FROM unnest($3::text[], $4::text[], $5::text[], $6::double precision[], $7::text[])
       AS ended (test, name, status, duration_ms, error)
     ON CONFLICT (selector, test) DO UPDATE SET
       name = excluded.name,
       status = excluded.status,
       tested_at = excluded.tested_at,
       duration_ms = excluded.duration_ms,
       succeeded_at = coalesce(excluded.succeeded_at, t.succeeded_at),
       failing_since = CASE WHEN excluded.status <> 'ok' THEN coalesce(t.failing_since, excluded.failing_since) END,
       error = coalesce(excluded.error, t.error)`,
    [
      ...[selector, at],
      results.map(({ id }) => id),
      results.map(({ name }) => name),
      results.map(({ status }) => status),
      results.map(({ durationMs }) => durationMs),
      results.map(({ error }) => error),
    ],
  );
}

/** Forgets the tests that are no longer there. */
export async function forgetTests(
  session: Session,
  { schema, selector = '' }: StandingPlace,
  kept: readonly string[],
): Promise<void> {
  await session.query(
    'forgetting tests that are no longer there',
    `DELETE FROM ${quoteIdentifier(schema)}.dataemon_test WHERE selector = $1 AND NOT test = ANY ($2::text[])`,
    [selector, kept],
  );
}
