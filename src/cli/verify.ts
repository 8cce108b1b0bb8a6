import type { Command } from 'commander';
import { loadConfig, type Config } from '../config/index.js';
import { CouchDbClient, Database } from '../couchdb/index.js';
import { sourceName, verifySource, type CouchDbServer } from '../couch2pg/index.js';
import { messageOf, SyncError, systemClock, type Log } from '../lib/index.js';
import { createPool, migrate, tableNames } from '../postgres/index.js';
import { serviceLog } from './command-log.js';
import { chooseSource } from './control.js';
import { addFlags, flagValues } from './flags.js';
import type { AddCommand } from './program.js';
import { runningCouchDbs, runningPostgres } from './servers.js';
import { listenForStop } from './stop-signal.js';
import { exitCodes, type CliSurroundings } from './surroundings.js';
import { startVerifyProgress } from './verify/progress.js';
import { verifyJson, verifyText, type VerifyOutcome } from './verify/report.js';

interface VerifyFlags {
  readonly source?: string;
  readonly repair?: boolean;
  readonly json?: boolean;
}

/** A source that is to be verified. */
interface Chosen {
  readonly source: string;
  readonly server: CouchDbServer;
  readonly database: string;
}

/** One for the cursor over the table, the others for looking at single documents and for writing. */
const connections = 4;
const exitCodeWhenStopped = 130;

/** `cht-sync verify`: whether PostgreSQL holds what CouchDB holds, while the sync goes on. */
export const addVerifyCommand: AddCommand = (program, surroundings, exit) => {
  const command = program
    .command('verify')
    .description('compare every document of CouchDB with PostgreSQL; exit code 1 when they differ')
    .option('--source <name>', 'only this source, as <host>/<database> or by the database alone')
    .option('--repair', 'mend what differs; exit code 1 when something could not be mended')
    .option('--json', 'print the result as JSON');
  addFlags(command, ['CouchDB', 'PostgreSQL', 'Embedded demonstration']);
  command.action(async (flags: VerifyFlags) => {
    const stop = listenForStop(surroundings, () => undefined);
    try {
      const outcomes = await verifyAll(command, flags, surroundings, stop.signal);
      if (stop.signal.aborted) {
        surroundings.stderr.write('Stopped before the end.\n');
        exit(exitCodeWhenStopped);
        return;
      }
      const { json = false, repair = false } = flags;
      surroundings.stdout.write(
        json ? `${JSON.stringify(verifyJson(outcomes), undefined, 2)}\n` : verifyText(outcomes, { repair }),
      );
      exit(
        outcomes.every((outcome) => 'remaining' in outcome && outcome.remaining === 0)
          ? exitCodes.ok
          : exitCodes.failed,
      );
    } finally {
      stop.release();
    }
  });
};

async function verifyAll(
  command: Command,
  { source, repair = false }: VerifyFlags,
  surroundings: CliSurroundings,
  signal: AbortSignal,
): Promise<VerifyOutcome[]> {
  const { folder, env, stderr } = surroundings;
  const config = loadConfig({ folder, env, flags: flagValues(command) }).config();
  const connection = await runningPostgres(config, folder);
  const sources = (await runningCouchDbs(config, folder)).flatMap((server) =>
    server.databases.map((database): Chosen => ({ source: sourceName(server, database), server, database })),
  );
  const chosen = source === undefined ? sources : [chooseSource(sources, source)];
  const { postgresSchema: schema, postgresTable: table } = config;
  const progress = startVerifyProgress(stderr, (destination) => serviceLog(config, surroundings, destination));
  const { log } = progress;
  const pool = createPool({ connection, applicationName: 'cht-sync verify', max: connections, log });
  const outcomes: VerifyOutcome[] = [];
  try {
    await migrate({ pool, family: 'documents', schema, table, log });
    for (const each of chosen) {
      if (signal.aborted) break;
      outcomes.push(
        await verifyOne(each, {
          config,
          pool,
          log,
          signal,
          repair,
          onProgress: (now) => progress.show(each.source, now),
        }),
      );
    }
    return outcomes;
  } finally {
    progress.close();
    await pool.end();
  }
}

/** What the verification of one source is made with, besides what the source is. */
type OneOptions = Pick<Parameters<typeof verifySource>[0], 'pool' | 'repair' | 'onProgress'> & {
  readonly config: Config;
  readonly log: Log;
  readonly signal: AbortSignal;
};

/** A source that cannot be verified now does not keep the others from it. */
async function verifyOne({ source, server, database }: Chosen, options: OneOptions): Promise<VerifyOutcome> {
  const { config, signal, log } = options;
  const client = new CouchDbClient(server);
  try {
    return await verifySource({
      ...options,
      source,
      database: new Database(client, database),
      names: tableNames(config.postgresSchema, config.postgresTable),
      schema: config.postgresSchema,
      table: config.postgresTable,
      batch: { rows: config.batchSize, bytes: config.batchBytes },
      clock: systemClock,
      random: Math.random,
      log: log.child({ source }),
    });
  } catch (error) {
    if (!(error instanceof SyncError) && !signal.aborted) throw error;
    return {
      source,
      error: error instanceof SyncError ? error : new SyncError('COUCHDB_UNREACHABLE', messageOf(error)),
    };
  } finally {
    await client.close();
  }
}
