import { quoteIdentifier } from '../../postgres/index.js';
import type { Session } from './session.js';

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
export async function modelWatermarks(
  session: Session,
  models: readonly { readonly id: string; readonly schema: string; readonly alias: string }[],
): Promise<Map<string, string>> {
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

/**
 * How far models are that have a watermark of cht_pipeline's kind, in the form of `readWatermark`, by id; empty of one that
 * has to look at everything again.
 *
 * @param schema - where dbt puts the models, and their watermarks.
 */
export async function ownWatermarks(
  session: Session,
  schema: string,
  models: readonly { readonly id: string; readonly schema: string; readonly alias: string }[],
): Promise<Map<string, string>> {
  const ids = new Map(
    models.map((model) => [model.schema === schema ? model.alias : `${model.schema}.${model.alias}`, model.id]),
  );
  try {
    const rows = await session.query<{ model: string; watermark: string }>(
      'reading the watermarks of the models',
      `SELECT model, CASE WHEN isfinite(saved_timestamp) THEN to_char(saved_timestamp, 'YYYY-MM-DD"T"HH24:MI:SS.US') ELSE '' END AS watermark
       FROM ${quoteIdentifier(schema)}.dbt_watermark WHERE model = ANY($1)`,
      [[...ids.keys()]],
    );
    return new Map(rows.map(({ model, watermark }) => [ids.get(model) ?? model, watermark]));
  } catch (error) {
    if (isUndefinedTable(error)) return new Map();
    throw error;
  }
}

function isUndefinedTable(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return cause?.code === '42P01' || cause?.code === '3F000';
}
