import type pg from 'pg';
import { SyncError } from '../../lib/index.js';
import { classified, quoteIdentifier } from '../../postgres/index.js';

/** The tables that a survey reads, quoted and with their schema. */
export interface Tables {
  readonly documents: string;
  /** Whether pages of it can be picked at random: it is no view. */
  readonly canBeSampled: boolean;
  readonly progress: string | undefined;
  /** Models of cht_pipeline that list reports by form, and contacts by type; undefined when there are none yet. */
  readonly dataRecord: string | undefined;
  readonly contact: string | undefined;
}

/** Where the tables are. */
export interface TableOptions {
  /** The schema of the models. */
  readonly schema: string;
  /** The schema of the documents, if another. */
  readonly rootSchema?: string | undefined;
  /** The table of the documents. */
  readonly table: string;
}

/**
 * Looks which tables there are.
 *
 * @throws SyncError SCAFFOLD_NO_DATA when there is no table of documents; POSTGRES_*.
 */
export async function findTables(client: pg.ClientBase, { schema, rootSchema, table }: TableOptions): Promise<Tables> {
  const root = rootSchema ?? schema;
  const kinds = async (inSchema: string, name: string, columns: readonly string[]): Promise<string | undefined> => {
    const { rows } = await classified(
      `looking at ${inSchema}.${name}`,
      client.query<{ kind: string }>(
        `SELECT relkind AS kind
         FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
         WHERE nspname = $1 AND relname = $2 AND relkind IN ('r', 'p', 'v', 'm')
           AND (SELECT count(*) FROM pg_attribute
                WHERE attrelid = pg_class.oid AND attname = ANY ($3::text[])) = cardinality($3::text[])`,
        [inSchema, name, columns],
      ),
    );
    return rows[0]?.kind;
  };
  const qualified = (inSchema: string, name: string) => `${quoteIdentifier(inSchema)}.${quoteIdentifier(name)}`;
  const ifThere = async (inSchema: string, name: string, columns: readonly string[]) =>
    (await kinds(inSchema, name, columns)) === undefined ? undefined : qualified(inSchema, name);

  const kind = await kinds(root, table, ['_id', 'saved_timestamp', '_deleted', 'doc']);
  if (kind === undefined) {
    throw new SyncError('SCAFFOLD_NO_DATA', `There is no table of documents ${root}.${table}.`, {
      remedy:
        'Let couch2pg sync first; POSTGRES_SCHEMA, ROOT_POSTGRES_SCHEMA and POSTGRES_TABLE must be the same as for it.',
    });
  }
  return {
    documents: qualified(root, table),
    canBeSampled: kind !== 'v',
    progress: await ifThere(root, 'couchdb_progress', ['source']),
    dataRecord: await ifThere(schema, 'data_record', ['uuid', 'form', 'saved_timestamp']),
    contact: await ifThere(schema, 'contact', ['uuid', 'contact_type', 'saved_timestamp']),
  };
}
