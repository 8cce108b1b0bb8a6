import { quoteIdentifier } from '../../postgres/index.js';
import type { Model } from '../manifest/graph.js';
import type { Session } from './session.js';

type Named = Pick<Model, 'id' | 'schema' | 'alias'>;

/**
 * The greatest `saved_timestamp` of the table of documents, by its index, as ISO 8601 in UTC without zone; empty when the
 * table is. Undefined when there is no such table.
 */
export async function readWatermark(session: Session, schema: string, table: string): Promise<string | undefined> {
  const name = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
  try {
    const [row] = await session.query<{ watermark: string | null }>(
      `reading ${schema}.${table}`,
      `SELECT to_char(max(saved_timestamp), 'YYYY-MM-DD"T"HH24:MI:SS.US') AS watermark FROM ${name}`,
    );
    return row?.watermark ?? '';
  } catch (error) {
    if (isUndefinedTable(error)) return undefined;
    throw error;
  }
}

/** The greatest `saved_timestamp` in the models given, in no particular form; models without that column are left out. */
export async function modelWatermarks(session: Session, models: readonly Named[]): Promise<Map<string, string>> {
  const having = await session.query<{ nspname: string; relname: string }>(
    'looking for models with a watermark',
    `SELECT n.nspname, c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN unnest($1::text[], $2::text[]) AS m (nspname, relname) ON m.nspname = n.nspname AND m.relname = c.relname
     WHERE a.attname = 'saved_timestamp' AND NOT a.attisdropped`,
    [models.map(({ schema }) => schema), models.map(({ alias }) => alias)],
  );
  const found = new Set(having.map(({ nspname, relname }) => `${nspname}.${relname}`));
  const watermarks = new Map<string, string>();
  for (const { id, schema, alias } of models) {
    if (!found.has(`${schema}.${alias}`)) continue;
    const name = `${quoteIdentifier(schema)}.${quoteIdentifier(alias)}`;
    const [row] = await session.query<{ watermark: string | null }>(
      `reading the watermark of ${alias}`,
      `SELECT max(saved_timestamp)::text AS watermark FROM ${name}`,
    );
    watermarks.set(id, row?.watermark ?? '');
  }
  return watermarks;
}

/** How far a model is that has a watermark of cht_pipeline's kind. */
export interface Position {
  /** All changes up to it are in the model, in the form of `readWatermark`; empty when none are sure to be. */
  readonly watermark: string;
  /** What it holds while it fills from the newest documents on, in no particular form; else null. */
  readonly filled: string | null;
}

/**
 * How far models are that have a watermark of cht_pipeline's kind, by id.
 *
 * @param schema - where dbt puts the models, and their watermarks.
 */
export async function readPositions(
  session: Session,
  schema: string,
  models: readonly Named[],
): Promise<Map<string, Position>> {
  const ids = idsByKey(schema, models);
  const rows = await rowsIfThere<Position & { readonly model: string }>(
    session,
    'reading the watermarks of the models',
    // As JSON, because a table that an earlier package has made lacks the columns that tell of a fill.
    `SELECT model,
       CASE WHEN isfinite(saved_timestamp) THEN to_char(saved_timestamp, 'YYYY-MM-DD"T"HH24:MI:SS.US') ELSE '' END AS watermark,
       CASE WHEN NOT isfinite(saved_timestamp) THEN (to_jsonb(w) ->> 'filled_from') || ' ' || (to_jsonb(w) ->> 'filled_to') END AS filled
     FROM ${quoteIdentifier(schema)}.dbt_watermark AS w WHERE model = ANY($1)`,
    [...ids.keys()],
  );
  return new Map(rows.map(({ model, ...position }) => [ids.get(model) ?? model, position]));
}

/** Which of some models with a watermark have to look at everything again, by id: what tells one time from the next. */
export async function readRestarts(
  session: Session,
  schema: string,
  models: readonly Named[],
): Promise<Map<string, string>> {
  const ids = idsByKey(schema, models);
  const rows = await rowsIfThere<{ readonly model: string; readonly last: string }>(
    session,
    'reading which models have to look at everything again',
    `SELECT model, max(id)::text AS last FROM ${quoteIdentifier(schema)}.dbt_restart WHERE model = ANY($1) GROUP BY model`,
    [...ids.keys()],
  );
  return new Map(rows.map(({ model, last }) => [ids.get(model) ?? model, last]));
}

/** What a statement answers for some models; nothing while its table is not there. */
async function rowsIfThere<Row extends object>(
  session: Session,
  what: string,
  text: string,
  models: readonly string[],
): Promise<Row[]> {
  try {
    return await session.query<Row & Record<string, unknown>>(what, text, [models]);
  } catch (error) {
    if (isUndefinedTable(error)) return [];
    throw error;
  }
}

/** The ids of models by what stands for them in the table of watermarks. */
function idsByKey(schema: string, models: readonly Named[]): Map<string, string> {
  return new Map(
    models.map((model) => [model.schema === schema ? model.alias : `${model.schema}.${model.alias}`, model.id]),
  );
}

function isUndefinedTable(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return cause?.code === '42P01' || cause?.code === '3F000';
}
