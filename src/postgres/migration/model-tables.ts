import type pg from 'pg';
import { quoteIdentifier } from '../identifiers.js';
import { ownTables } from '../own-tables.js';

/** What stands in a schema besides our own tables: models, and what people have made of them. */
export interface ModelTables {
  readonly tables: readonly { readonly name: string; readonly bytes: number }[];
  /** Views that read a table of these, of any schema. */
  readonly views: readonly ViewOfModel[];
}

/** A view that reads a model. */
export interface ViewOfModel {
  readonly name: string;
  readonly reads: string;
  readonly isMaterialized: boolean;
  /** Whether the role of this connection may replace it. */
  readonly isOurs: boolean;
}

/** Lists them. */
export async function modelTables(client: pg.ClientBase, schema: string, table: string): Promise<ModelTables> {
  const own = [table, ...ownTables];
  const tables = await client.query<{ name: string; bytes: string }>(
    `SELECT relname::text AS name, pg_total_relation_size(oid) AS bytes FROM pg_class
     WHERE relnamespace = to_regnamespace($1) AND relkind IN ('r', 'p') AND relname <> ALL($2) ORDER BY relname`,
    [quoteIdentifier(schema), own],
  );
  const views = await client.query<ViewOfModel>(
    `SELECT DISTINCT format('%I.%I', n.nspname, v.relname) AS name, t.relname::text AS reads,
       v.relkind = 'm' AS "isMaterialized", pg_has_role(v.relowner, 'USAGE') AS "isOurs"
     FROM pg_depend d
     JOIN pg_rewrite r ON r.oid = d.objid
     JOIN pg_class v ON v.oid = r.ev_class JOIN pg_namespace n ON n.oid = v.relnamespace
     JOIN pg_class t ON t.oid = d.refobjid
     WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND v.oid <> t.oid
       AND t.relnamespace = to_regnamespace($1) AND t.relkind IN ('r', 'p') AND t.relname <> ALL($2)
     ORDER BY 1, 2`,
    [quoteIdentifier(schema), own],
  );
  return { tables: tables.rows.map(({ name, bytes }) => ({ name, bytes: Number(bytes) })), views: views.rows };
}
