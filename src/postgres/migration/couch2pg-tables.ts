import type pg from 'pg';
import { quoteIdentifier } from '../identifiers.js';
import { sizesOf } from './look.js';
import type { Touched } from './step.js';

/** What medic/cht-couch2pg has left in a schema. */
export interface Couch2pgTables {
  readonly schema: string;
  /** Its tables of documents: one column, `doc`. */
  readonly tables: readonly Touched[];
  readonly checkpoints: readonly Couch2pgCheckpoint[];
}

/** A line of its `couchdb_progress`. */
export interface Couch2pgCheckpoint {
  /** `<host>[:<port>]/<database>`. */
  readonly source: string;
  readonly sequence: string;
}

/** Which of its tables has the documents of a database. */
export function couch2pgTable(database: string): string {
  if (database.endsWith('-users-meta')) return 'couchdb_users_meta';
  if (database === '_users') return 'couchdb_medic_users';
  return database.endsWith('-logs') ? 'couchdb_medic_logs' : 'couchdb';
}

const tableNames = ['couchdb', 'couchdb_users_meta', 'couchdb_medic_users', 'couchdb_medic_logs'];

/** Looks for tables of medic/cht-couch2pg; undefined when there are none. */
export async function findCouch2pg(client: pg.ClientBase, schema: string): Promise<Couch2pgTables | undefined> {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `SELECT relname::text AS name, array_agg(attname::text) AS columns
     FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
     WHERE relnamespace = to_regnamespace($1) AND relkind = 'r' AND relname = ANY($2)
     GROUP BY relname`,
    [quoteIdentifier(schema), [...tableNames, 'couchdb_progress']],
  );
  const columnsOf = (name: string) => rows.find((row) => row.name === name)?.columns ?? [];
  const isOld = (name: string) => columnsOf(name).includes('doc') && !columnsOf(name).includes('_id');
  const progress = columnsOf('couchdb_progress');
  if (!isOld('couchdb')) return undefined;
  const checkpoints =
    progress.includes('seq') && progress.includes('source')
      ? await client.query<Couch2pgCheckpoint>(
          `SELECT source, seq AS sequence FROM ${quoteIdentifier(schema)}.couchdb_progress WHERE seq IS NOT NULL ORDER BY source`,
        )
      : { rows: [] };
  const tables = await sizesOf(client, schema, tableNames.filter(isOld));
  return { schema, tables, checkpoints: checkpoints.rows };
}

/** The documents of a table that are copied, and whose they become. */
export interface CopyPart {
  readonly table: string;
  readonly source: string;
  readonly sequence: string;
  /** The documents of medic-sentinel stand in the same table as those of medic; they are told by their type. */
  readonly infos?: { readonly source: string; readonly sequence: string };
}

/** What can be copied, and which databases cannot, with the reason. */
export interface CopyPlan {
  readonly parts: readonly CopyPart[];
  readonly left: readonly { readonly source: string; readonly why: string }[];
}

/**
 * Tells whose documents those of medic/cht-couch2pg are.
 *
 * @param configured - the sources of this configuration, `<host>/<database>`; one of the same database is taken, whatever its host
 *   was called. None: they are called by the host of then.
 * @param followed - the sources that CHT Sync has read already.
 */
export function planCopy(
  { tables, checkpoints }: Pick<Couch2pgTables, 'tables' | 'checkpoints'>,
  configured: readonly string[],
  followed: ReadonlySet<string>,
): CopyPlan {
  const left: { source: string; why: string }[] = [];
  const known = checkpoints.flatMap(({ source: from, sequence }) => {
    const database = from.slice(from.lastIndexOf('/') + 1);
    const source = nameNow(from, database, configured);
    if (typeof source !== 'string') left.push({ source: from, why: source.why });
    else if (followed.has(source)) left.push({ source: from, why: `CHT Sync has read ${source} already` });
    else return [{ source, sequence, database, table: couch2pgTable(database) }];
    return [];
  });
  const parts = tables.flatMap(({ table }) => {
    const here = known.filter((one) => one.table === table);
    const infos = here.find(({ database }) => database.endsWith('-sentinel'));
    const [main, ...others] = here.filter((one) => one !== infos);
    for (const { source } of others)
      left.push({ source, why: `its documents stand in ${table} among those of another` });
    if (main === undefined) {
      if (infos !== undefined) left.push({ source: infos.source, why: 'it has no documents of its own' });
      return [];
    }
    const { source, sequence } = main;
    return [{ table, source, sequence, ...(infos === undefined ? {} : { infos }) }];
  });
  return {
    left,
    parts: parts.map(({ infos, ...part }) =>
      infos === undefined ? part : { ...part, infos: { source: infos.source, sequence: infos.sequence } },
    ),
  };
}

function nameNow(from: string, database: string, configured: readonly string[]): string | { readonly why: string } {
  const host = from.slice(0, Math.max(0, from.lastIndexOf('/'))).replace(/:\d+$/, '');
  const same = configured.filter((source) => source.endsWith(`/${database}`));
  const exact = `${host}/${database}`;
  if (same.length === 1) return same[0] ?? exact;
  if (same.includes(exact)) return exact;
  if (same.length > 1) return { why: `several configured servers have a database ${database}` };
  if (configured.length > 0) return { why: `COUCHDB_DBS has no ${database}` };
  return host === '' || database === '' ? { why: 'it does not say which database it is of' } : exact;
}
