import type pg from 'pg';
import { SyncError } from '../../lib/index.js';
import { quoteIdentifier, tableNames } from '../identifiers.js';
import type { Touched } from './step.js';
import { tableKey, type MigrationTarget } from './target.js';

/** What is there of a target before a migration. */
export interface Found {
  readonly hasSchema: boolean;
  /** Whether the schema has the table of migrations. */
  readonly hasMigrations: boolean;
  /** The versions that were applied. */
  readonly versions: ReadonlySet<number>;
  /** Whether the table of documents (of the other family: of manifests) is there. */
  readonly hasTable: boolean;
}

/** The columns of the table of documents as medic/cht-sync v2 has them. */
const columnsOfV2 = ['saved_timestamp', '_id', '_deleted', 'source', 'doc'];

/**
 * Looks at what is there.
 *
 * @throws SyncError POSTGRES_SCHEMA_UNKNOWN when the table of documents is nothing that can be migrated.
 */
export async function look(client: pg.ClientBase, target: MigrationTarget): Promise<Found> {
  const { family, schema, table } = target;
  const main = family === 'documents' ? table : '_dataemon';
  const migrations = `${quoteIdentifier(schema)}.cht_sync_migration`;
  const { rows } = await client.query<{ schema: boolean; migrations: boolean; kind: string | null; columns: string[] }>(
    `SELECT to_regnamespace($1) IS NOT NULL AS schema, to_regclass($2) IS NOT NULL AS migrations,
       (SELECT relkind::text FROM pg_class WHERE oid = to_regclass($3)) AS kind,
       ARRAY(SELECT attname::text FROM pg_attribute
         WHERE attrelid = to_regclass($3) AND attnum > 0 AND NOT attisdropped) AS columns`,
    [quoteIdentifier(schema), migrations, tableNames(schema, main).documents],
  );
  const { schema: hasSchema = false, migrations: hasMigrations = false, kind = null, columns = [] } = rows[0] ?? {};
  const versions = hasMigrations
    ? await client.query<{ version: number }>(
        `SELECT version FROM ${migrations} WHERE family = $1 AND table_name = $2`,
        [family, tableKey(target)],
      )
    : { rows: [] };
  const isOurs = versions.rows.length > 0;
  if (family === 'documents' && !isOurs && kind !== null) refuseUnknown(`${schema}.${table}`, kind, columns);
  return {
    ...{ hasSchema, hasMigrations, hasTable: kind !== null },
    versions: new Set(versions.rows.map(({ version }) => version)),
  };
}

function refuseUnknown(name: string, kind: string, columns: readonly string[]): void {
  const missing = columnsOfV2.filter((column) => !columns.includes(column));
  if ((kind === 'r' || kind === 'p') && missing.length === 0) return;
  if (columns.includes('doc') && !columns.includes('_id')) {
    throw new SyncError('POSTGRES_SCHEMA_UNKNOWN', `${name} is a table of medic/cht-couch2pg.`, {
      remedy:
        'Set POSTGRES_SCHEMA to another schema, such as v1. `cht-sync migrate --from-couch2pg` then copies the documents, so that CouchDB is not read anew.',
    });
  }
  const why = missing.length === 0 ? 'it is no table' : `it has no column ${missing.join(', ')}`;
  throw new SyncError('POSTGRES_SCHEMA_UNKNOWN', `${name} is not a table of documents: ${why}.`, {
    remedy:
      'Choose another POSTGRES_SCHEMA or POSTGRES_TABLE. A table of medic/cht-sync v1 must be brought to its version 2 first, as its documentation says.',
  });
}

/** How large tables of a schema are; those that are not there are left out. */
export async function sizesOf(client: pg.ClientBase, schema: string, tables: readonly string[]): Promise<Touched[]> {
  const { rows } = await client.query<{ table: string; bytes: string; rows: number }>(
    `SELECT relname::text AS table, pg_total_relation_size(oid) AS bytes, reltuples AS rows
     FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relname = ANY($2) AND relkind IN ('r', 'p')
     ORDER BY array_position($2::text[], relname::text)`,
    [quoteIdentifier(schema), tables],
  );
  return rows.map((row) => ({
    table: row.table,
    bytes: Number(row.bytes),
    rows: row.rows < 0 ? null : Math.round(row.rows),
  }));
}
