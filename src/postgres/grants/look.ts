import type pg from 'pg';
import { quoteIdentifier } from '../identifiers.js';
import { packageTables } from './privileges.js';

/** Where grants are made. */
export interface GrantPlace {
  /** The schema of the documents. */
  readonly rawSchema: string;
  /** The schema of the models. */
  readonly schema: string;
  readonly table: string;
}

/** A table or view that the dataemon has made, or keeps. */
export interface Model {
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  /** Whether it is one of those that the package keeps for itself. */
  readonly isInternal: boolean;
}

/** What grants depend on. */
export interface GrantFacts {
  readonly database: string;
  /** The role of this connection. */
  readonly self: string;
  readonly models: readonly Model[];
  /** The roles there are, of those asked for. */
  readonly roles: ReadonlySet<string>;
  /** Those whom no grant limits. */
  readonly superusers: ReadonlySet<string>;
}

/** Reads it. Which tables are models is told by the dataemon's list of them, and by the manifest that medic/cht-sync v2 has left. */
export async function lookAtGrants(
  client: pg.ClientBase,
  { schema }: GrantPlace,
  roles: readonly string[],
): Promise<GrantFacts> {
  const quoted = quoteIdentifier(schema);
  const { rows: self } = await client.query<{ database: string; self: string }>(
    'SELECT current_database()::text AS database, current_user::text AS self',
  );
  const models = await client.query<Model>(
    `WITH named AS (
       SELECT schema_name AS schema, relation AS name, false AS internal FROM ${quoted}.dataemon_model
       UNION
       SELECT node.value ->> 'schema', node.value ->> 'alias', false
       FROM ${quoted}._dataemon, jsonb_each(CASE jsonb_typeof(manifest -> 'nodes') WHEN 'object' THEN manifest -> 'nodes' ELSE '{}' END) AS node
       WHERE node.value ->> 'resource_type' IN ('model', 'snapshot', 'seed')
       UNION
       SELECT $1, name, true FROM unnest($2::text[]) AS name
     )
     SELECT named.schema, named.name, pg_get_userbyid(relowner)::text AS owner, bool_or(internal) AS "isInternal"
     FROM named JOIN pg_namespace ON nspname = named.schema JOIN pg_class ON relnamespace = pg_namespace.oid AND relname = named.name
     WHERE relkind IN ('r', 'p', 'v', 'm')
     GROUP BY 1, 2, 3 ORDER BY 1, 2`,
    [schema, packageTables],
  );
  const known = await client.query<{ name: string; super: boolean }>(
    'SELECT rolname::text AS name, rolsuper AS super FROM pg_roles WHERE rolname = ANY($1)',
    [roles],
  );
  return {
    database: self[0]?.database ?? '',
    self: self[0]?.self ?? '',
    models: models.rows,
    roles: new Set(known.rows.map(({ name }) => name)),
    superusers: new Set(known.rows.filter((row) => row.super).map(({ name }) => name)),
  };
}
