import type pg from 'pg';
import { ConfigError, systemClock } from '../lib/index.js';
import { loadConfig } from '../config/index.js';
import {
  askSource,
  classifyPostgresError,
  createPool,
  listReports,
  migrate,
  tableNames,
  type Control,
  type StoredReport,
  type TableNames,
} from '../postgres/index.js';
import { serviceLog } from './command-log.js';
import { addFlags, flagValues } from './flags.js';
import type { AddCommand } from './program.js';
import { runningPostgres } from './servers.js';
import { exitCodes } from './surroundings.js';

interface Wish {
  readonly command: string;
  readonly description: string;
  readonly ask: Partial<Control>;
  /** Whether the source has done it. */
  readonly isDone: (source: StoredReport) => boolean;
  readonly done: string;
  /** What happens when no process follows the source now. */
  readonly later: string;
  /** What happens when the source is paused, if that keeps it from doing it. */
  readonly whilePaused?: string;
}

const wishes: readonly Wish[] = [
  {
    command: 'pause',
    description: 'let a source wait: it reads and writes nothing until it is resumed',
    ask: { paused: true },
    isDone: ({ state }) => state === 'paused',
    done: 'is paused',
    later: 'will be paused as soon as a process follows it',
  },
  {
    command: 'resume',
    description: 'let a paused source go on from where it was',
    ask: { paused: false },
    isDone: ({ state }) => state !== 'paused',
    done: 'goes on',
    later: 'will be followed as soon as a process does',
  },
  {
    command: 'resync',
    description: 'read everything of a source again; rows that differ are rewritten, readers are not disturbed',
    ask: { resync: true },
    isDone: ({ state }) => state === 'snapshot' || state === 'regressed',
    done: 'is being read again',
    later: 'will be read again as soon as a process follows it',
    whilePaused: 'is paused, and will be read again when it is resumed',
  },
];

/** How long a running process may take to obey, in milliseconds: it writes first what it has read. */
const patienceMs = 15_000;
const lookEveryMs = 200;
/** `couchdb_progress` is touched at least every 30 s by who follows a source. */
const aliveMs = 60_000;

/** `cht-sync pause`, `resume`, `resync`: what a person asks of a running source, through the database alone. */
export const addControlCommands: AddCommand = (program, surroundings, exit) => {
  for (const wish of wishes) {
    const command = program
      .command(wish.command)
      .description(wish.description)
      .requiredOption('--source <name>', 'the source, as <host>/<database> or by the database alone');
    addFlags(command, ['PostgreSQL', 'Embedded demonstration']);
    command.action(async ({ source: given }: { source: string }) => {
      const { folder, env, stdout } = surroundings;
      const config = loadConfig({ folder, env, flags: flagValues(command) }).config();
      const log = serviceLog(config, surroundings);
      const connection = await runningPostgres(config, folder);
      const pool = createPool({ connection, applicationName: `cht-sync ${wish.command}`, max: 1, log });
      try {
        const { postgresSchema: schema, postgresTable: table } = config;
        await migrate({ pool, family: 'documents', schema, table, log });
        const names = tableNames(schema, table);
        const { source } = chooseSource(await listReports(pool, names), given);
        await askSource(pool, names, source, wish.ask);
        stdout.write(`${await outcome(pool, names, source, wish)}\n`);
        exit(exitCodes.ok);
      } catch (error) {
        throw classifyPostgresError(error, `asking ${given} to ${wish.command}`);
      } finally {
        await pool.end();
      }
    });
  }
};

/**
 * The source that a person means.
 *
 * @throws ConfigError that names the sources there are.
 */
export function chooseSource<S extends { readonly source: string }>(sources: readonly S[], given: string): S {
  const exact = sources.find(({ source }) => source === given);
  const byDatabase = sources.filter(({ source }) => source.slice(source.indexOf('/') + 1) === given);
  const [only, another] = exact === undefined ? byDatabase : [exact];
  if (only !== undefined && another === undefined) return only;
  const names = sources.map(({ source }) => source).join(', ');
  const cause = only === undefined ? 'There is no source' : 'There are several sources';
  throw new ConfigError(`${cause} ${given}.`, {
    remedy: names === '' ? 'Nothing has been synced to this schema yet.' : `Give one of: ${names}.`,
  });
}

async function outcome(pool: pg.Pool, names: TableNames, source: string, wish: Wish): Promise<string> {
  const until = systemClock.now() + patienceMs;
  for (;;) {
    const stored = (await listReports(pool, names)).find((each) => each.source === source);
    if (stored === undefined || !isFollowed(stored)) return `${source} ${wish.later}.`;
    if (stored.state === 'paused' && wish.whilePaused !== undefined) return `${source} ${wish.whilePaused}.`;
    if (wish.isDone(stored)) return `${source} ${wish.done}.`;
    if (systemClock.now() > until) return `${source} has not obeyed yet: it is ${stored.state ?? 'unknown'}.`;
    await systemClock.sleep(lookEveryMs);
  }
}

function isFollowed({ state, ageMs }: StoredReport): boolean {
  return state !== null && state !== 'stopped' && ageMs < aliveMs;
}
