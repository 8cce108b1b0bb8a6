import { parseArgs } from 'node:util';
import { shippedDefault } from './shipped-default.js';

const defaults = {
  couch2pg: { documents: 100_000, edits: 200, rounds: 3 },
  snapshot: { documents: 300_000, rounds: 3, readers: shippedDefault('COUCHDB_READERS') },
  rewind: { documents: 1_000_000, rounds: 1 },
  latency: { documents: 100_000, perSecond: 200, seconds: 60 },
  memory: { documents: 1_000_000, large: 2_000, tombstones: 1_000_000, perSecond: 200, seconds: 600 },
  dataemon: { documents: 100_000, edits: 50, perSecond: 50, seconds: 60, rounds: 5, idleSeconds: 60 },
  pipeline: { documents: 1_000_000, edits: 20, rounds: 3 },
  dashboards: { documents: 1_000_000, rounds: 3 },
} satisfies Record<string, Partial<Counts>>;

/** The names of the benchmarks. */
export type Bench = keyof typeof defaults;

/** What a benchmark is asked to do; what it has no use for is 0. */
export interface Arguments extends Counts {
  readonly bench: Bench;
  readonly json: boolean;
}

interface Counts {
  /** Documents loaded first. */
  readonly documents: number;
  /** Of these, loaded in the legacy way, too. */
  readonly legacyDocuments: number;
  /** How many requests a first load makes at once. */
  readonly readers: number;
  /** Documents of 8 MB. */
  readonly large: number;
  readonly tombstones: number;
  /** Edits whose way is timed. */
  readonly edits: number;
  /** Edits a second. */
  readonly perSecond: number;
  /** For how long there are edits. */
  readonly seconds: number;
  /** How often each measurement is repeated; the median counts. */
  readonly rounds: number;
  /** How long the idle time is that is measured, in seconds. */
  readonly idleSeconds: number;
}

export const usage = `Usage: npm run bench -- ${Object.keys(defaults).join('|')} [options]

  couch2pg   first load beside reading alone, COPY alone and the legacy way, and the way of an edit to the committed row
  snapshot   first load by the feed beside one by several readers
  rewind     reading a feed again of which nothing has changed: what it writes, and how fast it goes
  latency    the way of an edit to the committed row while there are many a second
  memory     what couch2pg holds in memory: many documents, large ones, tombstones, and steady edits for a while
  dataemon   the way of a committed row to its model, beside a plain dbt run, and what an idle minute costs
  pipeline   what an increment costs at three sizes of the table, and a full refresh beside a scan and a package of the usual kind
  dashboards what each chart asks of the models, without a period

  --documents N   documents loaded first (${presets('documents')})
  --legacy N      couch2pg: of these, loaded in the legacy way, too (all)
  --readers N     requests at once (${presets('readers')})
  --large N       documents of 8 MB (${presets('large')})
  --tombstones N  deleted documents (${presets('tombstones')})
  --edits N       edits timed (${presets('edits')}; of pipeline, increments)
  --rate N        edits a second (${presets('perSecond')})
  --seconds N     for how long (${presets('seconds')})
  --rounds N      repetitions, of which the median counts (${presets('rounds')}; of dataemon, plain dbt runs)
  --idle N        seconds of idle time measured (${presets('idleSeconds')})
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
        legacy: { type: 'string' },
        readers: { type: 'string' },
        large: { type: 'string' },
        tombstones: { type: 'string' },
        edits: { type: 'string' },
        rate: { type: 'string' },
        seconds: { type: 'string' },
        rounds: { type: 'string' },
        idle: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const [bench] = positionals;
    if (values.help === true || positionals.length !== 1) return undefined;
    if (!isBench(bench)) return undefined;
    const preset: Partial<Counts> = defaults[bench];
    const documents = count(values.documents, preset.documents);
    return {
      bench,
      documents,
      legacyDocuments: count(values.legacy, documents),
      readers: count(values.readers, preset.readers),
      large: count(values.large, preset.large),
      tombstones: count(values.tombstones, preset.tombstones),
      edits: count(values.edits, preset.edits),
      perSecond: count(values.rate, preset.perSecond),
      seconds: count(values.seconds, preset.seconds),
      rounds: count(values.rounds, preset.rounds),
      idleSeconds: count(values.idle, preset.idleSeconds),
      json: values.json,
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n`);
    return undefined;
  }
}

function isBench(name: string | undefined): name is Bench {
  return name !== undefined && name in defaults;
}

function count(text: string | undefined, preset = 0): number {
  if (text === undefined) return preset;
  if (!/^\d+$/.test(text)) throw new Error(`not a number: ${text}`);
  return Number(text);
}

/** The defaults of one number, for the usage. */
function presets(name: keyof Counts): string {
  return Object.entries<Partial<Counts>>(defaults)
    .flatMap(([bench, preset]) => (preset[name] === undefined ? [] : [`${bench}: ${preset[name]}`]))
    .join(', ');
}
