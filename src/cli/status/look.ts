import type pg from 'pg';
import type { ModelReport, ProblemReport, TestReport } from '../../dataemon/index.js';
import { SyncError } from '../../lib/index.js';
import {
  classifyPostgresError,
  listStandings,
  quoteIdentifier,
  sqlState,
  tableNames,
  type SourceStanding,
} from '../../postgres/index.js';

/** Where to look. */
export interface StatusPlace {
  readonly schema: string;
  /** The schema of the table of documents. */
  readonly rootSchema: string;
  readonly table: string;
}

/** How everything stands, by what the database tells. */
export interface Standing {
  readonly sources: readonly SourceStanding[];
  readonly models: readonly ModelReport[];
  readonly tests: readonly TestReport[];
  /** What is, or last was, wrong with dataemons as a whole. */
  readonly problems: readonly ProblemReport[];
  /** A dataemon of each selector, null for all models, and whether it is at work. */
  readonly dataemons: readonly { readonly selector: string | null; readonly isRunning: boolean }[];
}

/**
 * Reads how sources, models and tests stand, and what is wrong with dataemons. Writes nothing, not even tables that are missing.
 *
 * @throws SyncError POSTGRES_*.
 */
export async function lookAround(pool: pg.Pool, { schema, rootSchema, table }: StatusPlace): Promise<Standing> {
  try {
    const names = tableNames(rootSchema, table);
    const isHere = async (name: string) => {
      const { rows } = await pool.query<{ here: boolean }>('SELECT to_regclass($1) IS NOT NULL AS here', [name]);
      return rows[0]?.here === true;
    };
    const sources = (await isHere(names.progress)) ? await listStandings(pool, names) : [];
    if (!(await isHere(`${quoteIdentifier(schema)}.dataemon_model`))) {
      return { sources, models: [], tests: [], problems: [], dataemons: [] };
    }
    // Only now, so that other commands do without it.
    const { readReports, readRunning } = await import('../../dataemon/index.js');
    const { models, tests, problems } = await readReports(pool, { schema, rootSchema, table });
    return { sources, models, tests, problems, dataemons: await readRunning(pool, schema) };
  } catch (error) {
    throw isOlder(error) ? olderTables(schema, error) : classifyPostgresError(error, 'reading the status');
  }
}

/** A column or table that this version has added is not there. */
function isOlder(error: unknown): boolean {
  const state = sqlState(error instanceof SyncError ? error.cause : error);
  return state === '42703' || state === '42P01';
}

function olderTables(schema: string, cause: unknown): SyncError {
  return new SyncError(
    'POSTGRES_SCHEMA_UNKNOWN',
    `The tables of schema ${schema} are of an older version of CHT Sync.`,
    {
      remedy:
        'Start `cht-sync couch2pg` and `cht-sync dataemon` of this version once; they bring the tables up to date.',
      cause,
    },
  );
}
