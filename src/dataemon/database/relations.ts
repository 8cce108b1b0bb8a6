import { quoteIdentifier } from '../../postgres/index.js';
import type { Model } from '../manifest/graph.js';
import type { Queries } from './session.js';

interface Relation extends Record<string, unknown> {
  readonly id: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly bytes: string;
  readonly estimate: string;
}

const cheapBytes = 8 * 1024 * 1024;

/**
 * The models whose relation is there, by id: what tells it from another of the same name, which it gets when it is made anew.
 * Of `raw_sql`, dbt knows no relation; it counts as there.
 */
export async function existingModels(database: Queries, models: readonly Model[]): Promise<Map<string, string>> {
  const relations = await relationsOf(database, models);
  const existing = new Map<string, string>();
  for (const { id, materialized, schema, alias } of models) {
    const relation = materialized === 'raw_sql' ? { id: '' } : relations.get(key(schema, alias));
    if (relation !== undefined) existing.set(id, relation.id);
  }
  return existing;
}

/** How large the models' relations are, by id, in bytes; those that are not there are left out. */
export async function relationSizes(database: Queries, models: readonly Model[]): Promise<Map<string, number>> {
  const relations = await relationsOf(database, models);
  const sizes = models.map(({ id, schema, alias }) => [id, relations.get(key(schema, alias))?.bytes] as const);
  return new Map(sizes.flatMap(([id, bytes]) => (bytes === undefined ? [] : [[id, Number(bytes)] as const])));
}

/**
 * How many rows models have: counted where that is cheap, else PostgreSQL's own estimate, taken to the table's size now.
 * Views have none.
 */
export async function countRows(
  database: Queries,
  models: readonly Pick<Model, 'id' | 'schema' | 'alias'>[],
): Promise<Map<string, number>> {
  const relations = await relationsOf(database, models);
  const counts = new Map<string, number>();
  for (const { id, schema, alias } of models) {
    const relation = relations.get(key(schema, alias));
    if (relation === undefined || !['r', 'p', 'm'].includes(relation.kind)) continue;
    counts.set(id, Number(relation.bytes) > cheapBytes ? Number(relation.estimate) : await count(database, relation));
  }
  return counts;
}

async function count(database: Queries, { schema, name }: Relation): Promise<number> {
  const [row] = await database.query<{ count: string }>(
    `counting ${schema}.${name}`,
    `SELECT count(*) FROM ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`,
  );
  return Number(row?.count ?? 0);
}

async function relationsOf(
  database: Queries,
  models: readonly Pick<Model, 'schema' | 'alias'>[],
): Promise<Map<string, Relation>> {
  const rows = await database.query<Relation & Record<string, unknown>>(
    'looking at the models',
    `SELECT c.oid::text AS id, n.nspname AS schema, c.relname AS name, c.relkind AS kind, pg_relation_size(c.oid) AS bytes,
       CASE WHEN c.reltuples < 0 OR c.relpages = 0 THEN 0
         ELSE round(c.reltuples::numeric / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::int))
       END AS estimate
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN unnest($1::text[], $2::text[]) AS m (schema, name) ON m.schema = n.nspname AND m.name = c.relname`,
    [models.map(({ schema }) => schema), models.map(({ alias }) => alias)],
  );
  return new Map(rows.map((row) => [key(row.schema, row.name), row]));
}

function key(schema: string, name: string): string {
  return JSON.stringify([schema, name]);
}
