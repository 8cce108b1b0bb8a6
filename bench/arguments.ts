import { parseArgs } from 'node:util';

/** What a benchmark is asked to do. */
export interface Arguments {
  readonly bench: 'couch2pg' | 'dataemon';
  /** Documents loaded first. */
  readonly documents: number;
  /** Edits whose way is timed. */
  readonly edits: number;
  /** How often each measurement is repeated; the median counts. */
  readonly rounds: number;
  /** How long the idle time is that is measured, in seconds. */
  readonly idleSeconds: number;
  readonly json: boolean;
}

const defaults = {
  couch2pg: { documents: 100_000, edits: 200, rounds: 3, idleSeconds: 0 },
  dataemon: { documents: 20_000, edits: 50, rounds: 5, idleSeconds: 60 },
};

export const usage = `Usage: npm run bench -- couch2pg|dataemon [options]

  couch2pg   first load beside reading alone and COPY alone, and the way of an edit to the committed row
  dataemon   the way of a committed row to its model, beside a plain dbt run, and what an idle minute costs

  --documents N   documents loaded first (couch2pg: ${defaults.couch2pg.documents}, dataemon: ${defaults.dataemon.documents})
  --edits N       edits timed (couch2pg: ${defaults.couch2pg.edits}, dataemon: ${defaults.dataemon.edits})
  --rounds N      repetitions, of which the median counts (couch2pg: ${defaults.couch2pg.rounds}, dataemon: ${defaults.dataemon.rounds} plain dbt runs)
  --idle N        seconds of idle time measured (dataemon: ${defaults.dataemon.idleSeconds})
  --json          print JSON

Both sides are embedded servers in a temporary folder, unless COUCHDB_TEST_URL (http://user:password@host:5984) or
POSTGRES_TEST_URL (postgresql://user:password@host:5432/postgres) name real ones; the databases made there are removed.
`;

/** Reads the command line; undefined when it is wrong or asks for help. */
export function arguments_(args: readonly string[]): Arguments | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        documents: { type: 'string' },
        edits: { type: 'string' },
        rounds: { type: 'string' },
        idle: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const [bench] = positionals;
    if (values.help === true || positionals.length !== 1) return undefined;
    if (bench !== 'couch2pg' && bench !== 'dataemon') return undefined;
    const preset = defaults[bench];
    return {
      bench,
      documents: count(values.documents, preset.documents),
      edits: count(values.edits, preset.edits),
      rounds: count(values.rounds, preset.rounds),
      idleSeconds: count(values.idle, preset.idleSeconds),
      json: values.json,
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n`);
    return undefined;
  }
}

function count(text: string | undefined, preset: number): number {
  if (text === undefined) return preset;
  if (!/^\d+$/.test(text)) throw new Error(`not a number: ${text}`);
  return Number(text);
}
