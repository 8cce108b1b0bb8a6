import type pg from 'pg';
import { classified, quoteIdentifier } from '../../postgres/index.js';
import { readProblems, type ProblemReport } from './problems.js';
import { countRows } from './relations.js';
import type { Queries } from './session.js';
import { readTests, type TestReport } from './tests.js';

/** How far a model is behind the table of documents. */
export interface ModelLag {
  /** For how long the oldest document that is not in the model has waited, in milliseconds; 0 when none does. */
  readonly ms: number;
  /** How many documents it has not taken yet, counted up to 10,000. */
  readonly documents: number;
  /** Whether there are more than were counted. */
  readonly hasMore: boolean;
}

/** How a model stands, by what the database tells. */
export interface ModelReport {
  /** dbt's unique id. */
  readonly id: string;
  readonly name: string;
  /** The selector of the dataemon that builds it; null when that builds all models. */
  readonly selector: string | null;
  readonly schema: string;
  readonly relation: string;
  readonly materialized: string;
  /** `skipped`: one above it failed. `pending`: waits to be built, or has not run yet. */
  readonly status: 'ok' | 'failed' | 'skipped' | 'pending';
  /** An estimate when it is large; null of views, and when there is no table. */
  readonly rows: number | null;
  readonly lastSuccessAt: Date | null;
  /** Null of views and seeds, which show what is below them or never change, and when it is not known. */
  readonly lag: ModelLag | null;
  /** How it last failed, also when it is well again. */
  readonly lastError: ModelError | null;
  /** When it is tried again: null when it does not fail, or that is not known. */
  readonly retryAt: Date | null;
}

/** The last failure of a model. */
export interface ModelError {
  readonly at: Date;
  /** Since when it has failed each time; null when it is well again. */
  readonly since: Date | null;
  /** How often it has failed since then. */
  readonly tries: number;
  /** dbt's words. */
  readonly message: string;
  /** The path of the compiled SQL, where the dataemon runs; null when dbt names none. */
  readonly compiledSql: string | null;
}

/** Reading more by the index would take long, and tell little. */
const mostDocuments = 10_000;

/** Where to look. */
export interface ReportPlace {
  readonly schema: string;
  /** The schema of the table of documents. */
  readonly rootSchema: string;
  readonly table: string;
}

interface Row extends pg.QueryResultRow {
  readonly id: string;
  readonly name: string;
  readonly selector: string;
  readonly schema: string;
  readonly alias: string;
  readonly materialized: string;
  readonly status: ModelReport['status'];
  readonly succeeded_at: Date | null;
  readonly failed_at: Date | null;
  readonly failing_since: Date | null;
  readonly tries: number;
  readonly error: string | null;
  readonly retry_at: Date | null;
  /** All changes after `low`, up to `high`, are in it; of one that fills from the oldest documents on, `low` is null. */
  readonly high: string | null;
  readonly low: string | null;
}

/**
 * How the models stand that dataemons keep up to date, how their dbt tests have last ended, and what is wrong with the
 * dataemons themselves. Reads only, whether a dataemon runs or not.
 *
 * @throws SyncError POSTGRES_*.
 */
export async function readReports(
  pool: pg.Pool,
  place: ReportPlace,
): Promise<{
  readonly models: ModelReport[];
  readonly tests: TestReport[];
  readonly problems: ProblemReport[];
}> {
  const database = queriesOf(pool);
  return {
    models: await readModelReports(database, place),
    tests: await readTests(database, { schema: place.schema }),
    problems: await readProblems(database, place.schema),
  };
}

/**
 * What of the reports is cheap enough to be asked for again and again: by name, of the models of one selector.
 *
 * @throws what PostgreSQL answers.
 */
export async function readModelLags(
  client: pg.ClientBase,
  place: ReportPlace & { readonly selector: string | undefined },
): Promise<(Pick<ModelReport, 'name' | 'lastSuccessAt'> & { readonly lagMs: number | null })[]> {
  const database = queriesOf(client);
  const models = (await readModels(database, place)).filter(({ selector }) => selector === (place.selector ?? ''));
  const lags = await readLags(database, place, models, 0);
  return models.map((model) => {
    return { name: model.name, lastSuccessAt: model.succeeded_at, lagMs: lags.get(levelOf(model))?.ms ?? null };
  });
}

async function readModelReports(database: Queries, place: ReportPlace): Promise<ModelReport[]> {
  const models = await readModels(database, place);
  const rows = await countRows(database, models);
  const lags = await readLags(database, place, models, mostDocuments);
  return models.map((model) => {
    const { id, name, selector, schema, alias: relation, materialized, status } = model;
    return {
      ...{ id, name, schema, relation, materialized, status },
      selector: selector === '' ? null : selector,
      rows: rows.get(id) ?? null,
      lastSuccessAt: model.succeeded_at,
      lag: lags.get(levelOf(model)) ?? null,
      lastError: lastErrorOf(model),
      retryAt: model.retry_at,
    };
  });
}

/** With the watermark that a model keeps by itself, else what it had reached when it last ran well. */
async function readModels(database: Queries, { schema }: ReportPlace): Promise<Row[]> {
  const name = quoteIdentifier(schema);
  const [found] = await database.query<{ watermarks: boolean }>(
    'looking for the watermarks of the models',
    `SELECT to_regclass($1) IS NOT NULL AS watermarks`,
    [`${name}.dbt_watermark`],
  );
  // As JSON, because a table that an earlier package has made lacks the columns that tell of a fill.
  const watermarks = `LEFT JOIN LATERAL (
      SELECT w.saved_timestamp, isfinite(w.saved_timestamp) AS is_whole, to_jsonb(w) AS held FROM ${name}.dbt_watermark AS w
      WHERE w.model = CASE WHEN m.schema_name = $1 THEN m.relation ELSE m.schema_name || '.' || m.relation END
    ) AS own ON true`;
  const high = `CASE WHEN is_whole THEN saved_timestamp ELSE coalesce((held ->> 'filled_to')::timestamp, saved_timestamp) END`;
  const low = `CASE WHEN NOT is_whole THEN held ->> 'filled_from' END`;
  const hasWatermarks = found?.watermarks === true;
  return database.query<Row>(
    'reading how the models stand',
    `SELECT model AS id, name, selector, schema_name AS schema, relation AS alias, materialized, status, succeeded_at,
       failed_at, failing_since, tries, error, retry_at,
       CASE WHEN materialized NOT IN ('view', 'seed')
         THEN coalesce(${hasWatermarks ? high : 'NULL'}, reached)::text END AS high,
       ${hasWatermarks ? low : 'NULL'} AS low
     FROM ${name}.dataemon_model AS m ${hasWatermarks ? watermarks : ''} WHERE $1 <> ''`,
    [schema],
  );
}

/** The lags of models, by `levelOf`. */
async function readLags(
  database: Queries,
  { rootSchema, table }: ReportPlace,
  models: readonly Row[],
  most: number,
): Promise<Map<string, ModelLag>> {
  const documents = `${quoteIdentifier(rootSchema)}.${quoteIdentifier(table)}`;
  const waiting = (condition: string) =>
    `(SELECT saved_timestamp FROM ${documents} WHERE ${condition} ORDER BY saved_timestamp LIMIT ${most + 1})`;
  // Most models are as far as others.
  const levels = new Map(models.map(({ high, low }) => [levelOf({ high, low }), { high, low }]));
  const rows = await database.query<{ level: string; ms: number | null; documents: number }>(
    'reading how far the models are behind',
    `SELECT level, documents, extract(epoch FROM clock_timestamp() AT TIME ZONE 'UTC' - oldest)::float8 * 1000 AS ms
     FROM unnest($1::text[], $2::timestamp[], $3::timestamp[]) AS held (level, high, low), LATERAL (
       SELECT count(*)::int AS documents, min(saved_timestamp) AS oldest
       FROM (${waiting('saved_timestamp > high')} UNION ALL ${waiting('saved_timestamp <= low')}) AS waiting
     ) AS behind WHERE high IS NOT NULL`,
    [[...levels.keys()], [...levels.values()].map(({ high }) => high), [...levels.values()].map(({ low }) => low)],
  );
  return new Map(
    rows.map(({ level, ms, documents: found }) => [
      level,
      {
        ms: Math.max(0, Math.round(ms ?? 0)),
        documents: Math.min(found, most),
        hasMore: found > most,
      },
    ]),
  );
}

function levelOf({ high, low }: Pick<Row, 'high' | 'low'>): string {
  return JSON.stringify([high, low]);
}

function lastErrorOf({ failed_at: at, failing_since: since, tries, error }: Row): ModelError | null {
  if (at === null || error === null) return null;
  return { at, since, tries, message: error, compiledSql: compiledPathIn(error) };
}

/** The path behind dbt's words "compiled code at". */
export function compiledPathIn(message: string): string | null {
  return /compiled code at (.+?)\s*$/m.exec(message)?.[1] ?? null;
}

function queriesOf(client: pg.ClientBase | pg.Pool): Queries {
  return {
    query: async <Row extends pg.QueryResultRow>(doing: string, text: string, values: readonly unknown[] = []) =>
      (await classified(doing, client.query<Row>(text, [...values]))).rows,
  };
}
