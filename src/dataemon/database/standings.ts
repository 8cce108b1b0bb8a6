import { quoteIdentifier } from '../../postgres/index.js';
import type { Model } from '../manifest/graph.js';
import type { Session } from './session.js';

/** Whose models: the schema of the dataemon's tables, and its selector. */
export interface StandingPlace {
  readonly schema: string;
  readonly selector?: string | undefined;
}

/** How a model stands after a run. */
export interface Standing {
  /** dbt's unique id. */
  readonly model: string;
  /** Null: as it was; it was brought on as it stands. */
  readonly status: 'ok' | 'failed' | 'skipped' | null;
  /** When it was run. */
  readonly at: Date;
  /** All documents up to this `saved_timestamp` were there when it last ran well; null when that is not known. */
  readonly reached: string | null;
  /** dbt's words, when it failed. */
  readonly error: string | null;
  /** When it may be tried again, if it failed and that is known. */
  readonly retryAt: Date | null;
}

/**
 * Takes over the models of a package: those that are new, or to be built anew, are `pending`; those that rest, which nobody would
 * run before they change, are `ok` also where a process was killed before it could write so. Writes nothing when nothing has
 * changed.
 */
export async function writeModels(
  session: Session,
  { schema, selector = '' }: StandingPlace,
  models: readonly Model[],
  { stale, resting }: { readonly stale: ReadonlySet<string>; readonly resting: ReadonlySet<string> },
): Promise<void> {
  const table = `${quoteIdentifier(schema)}.dataemon_model`;
  const ids = models.map(({ id }) => id);
  await session.query(
    'forgetting models that are no longer there',
    `DELETE FROM ${table} WHERE selector = $1 AND NOT model = ANY ($2::text[])`,
    [selector, ids],
  );
  await session.query(
    'writing which models there are',
    `INSERT INTO ${table} AS m (selector, model, name, schema_name, relation, materialized, status)
     SELECT $1, model, name, schema_name, relation, materialized,
       CASE WHEN model = ANY ($8::text[]) THEN 'ok' ELSE 'pending' END
     FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
       AS given (model, name, schema_name, relation, materialized)
     ON CONFLICT (selector, model) DO UPDATE SET
       schema_name = excluded.schema_name,
       relation = excluded.relation,
       materialized = excluded.materialized,
       status = CASE WHEN m.model = ANY ($7::text[]) THEN 'pending'
         WHEN m.status = 'pending' THEN excluded.status ELSE m.status END
     WHERE (m.schema_name, m.relation, m.materialized)
         IS DISTINCT FROM (excluded.schema_name, excluded.relation, excluded.materialized)
       OR (m.model = ANY ($7::text[]) AND m.status <> 'pending')
       OR (m.status = 'pending' AND excluded.status = 'ok')`,
    [
      ...[selector, ids],
      models.map(({ name }) => name),
      models.map(({ schema: schemaName }) => schemaName),
      models.map(({ alias }) => alias),
      models.map(({ materialized }) => materialized),
      [...stale],
      [...resting],
    ],
  );
}

/** Writes how models stand. */
export async function writeStandings(
  session: Session,
  { schema, selector = '' }: StandingPlace,
  standings: readonly Standing[],
): Promise<void> {
  await session.query(
    'writing how the models stand',
    `UPDATE ${quoteIdentifier(schema)}.dataemon_model AS m SET
       status = coalesce(now.status, m.status),
       reached = coalesce(now.reached, m.reached),
       succeeded_at = CASE WHEN coalesce(now.status, 'ok') = 'ok' THEN now.at ELSE m.succeeded_at END,
       failed_at = CASE WHEN now.status = 'failed' THEN now.at ELSE m.failed_at END,
       failing_since = CASE WHEN now.status = 'failed' THEN coalesce(m.failing_since, now.at)
         WHEN now.status IS NULL THEN m.failing_since END,
       tries = CASE WHEN now.status = 'failed' THEN m.tries + 1 WHEN now.status IS NULL THEN m.tries ELSE 0 END,
       error = coalesce(now.error, m.error),
       retry_at = CASE WHEN now.status IS NULL THEN m.retry_at ELSE now.retry_at END
     FROM unnest($2::text[], $3::text[], $4::timestamptz[], $5::timestamp[], $6::text[], $7::timestamptz[])
       AS now (model, status, at, reached, error, retry_at)
     WHERE m.selector = $1 AND m.model = now.model`,
    [
      selector,
      standings.map(({ model }) => model),
      standings.map(({ status }) => status),
      standings.map(({ at }) => at),
      standings.map(({ reached }) => reached),
      standings.map(({ error }) => error),
      standings.map(({ retryAt }) => retryAt),
    ],
  );
}

/**
 * When models last ran well in the dataemons of other selectors, as text, by id: also when no row has changed, because what
 * dbt counts does not tell of rows that were deleted.
 *
 * @param models - their ids.
 */
export async function lastRunsOfOthers(
  session: Session,
  { schema, selector = '' }: StandingPlace,
  models: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (models.length === 0) return new Map();
  const rows = await session.query<{ model: string; at: string }>(
    'reading what other dataemons have done',
    `SELECT model, max(succeeded_at)::text AS at FROM ${quoteIdentifier(schema)}.dataemon_model
     WHERE model = ANY($1) AND selector <> $2 AND succeeded_at IS NOT NULL GROUP BY model`,
    [models, selector],
  );
  return new Map(rows.map(({ model, at }) => [model, at]));
}
