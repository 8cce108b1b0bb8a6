import type pg from 'pg';
import { loadConfig } from '../config/index.js';
import { messageOf, SyncError, systemClock } from '../lib/index.js';
import { createPool } from '../postgres/index.js';
import { serviceLog } from './command-log.js';
import { addFlags, flagValues } from './flags.js';
import type { AddCommand } from './program.js';
import { runningPostgres } from './servers.js';
import { needsAttention } from './status/attention.js';
import { lookAround, type StatusPlace } from './status/look.js';
import { statusJson, statusText } from './status/report.js';
import { openWatch } from './status/watch.js';
import { listenForStop } from './stop-signal.js';
import { exitCodes, type CliSurroundings } from './surroundings.js';

const lookEveryMs = 2_000;

/** `cht-sync status`: how sources and models stand, through the database alone. */
export const addStatusCommand: AddCommand = (program, surroundings, exit) => {
  const command = program
    .command('status')
    .description('show how sources, models, tests and dataemons stand; exit code 1 when something needs attention')
    .option('--json', 'print JSON')
    .option('--watch', 'look again every two seconds, until Ctrl-C');
  addFlags(command, ['PostgreSQL', 'Embedded demonstration']);
  command.action(async ({ json = false, watch = false }: { json?: boolean; watch?: boolean }) => {
    const { folder, env, stdout } = surroundings;
    const config = loadConfig({ folder, env, flags: flagValues(command) }).config();
    const log = serviceLog(config, surroundings);
    const connection = await runningPostgres(config, folder);
    const { postgresSchema: schema, rootPostgresSchema: rootSchema, postgresTable: table } = config;
    const place = { schema, rootSchema, table };
    const pool = createPool({ connection, applicationName: 'cht-sync status', max: 1, log });
    try {
      if (watch) {
        await lookAgainAndAgain(pool, place, surroundings, json);
        exit(exitCodes.ok);
        return;
      }
      const standing = await lookAround(pool, place);
      stdout.write(json ? `${JSON.stringify(statusJson(standing), undefined, 2)}\n` : statusText(standing));
      exit(needsAttention(standing).length === 0 ? exitCodes.ok : exitCodes.failed);
    } finally {
      await pool.end();
    }
  });
};

/** A PostgreSQL that is away for a while does not end it. */
async function lookAgainAndAgain(
  pool: pg.Pool,
  place: StatusPlace,
  surroundings: CliSurroundings,
  json: boolean,
): Promise<void> {
  const stop = listenForStop(surroundings, () => undefined);
  const display = openWatch(surroundings.stdout, json);
  try {
    while (!stop.signal.aborted) {
      try {
        display.show(await lookAround(pool, place));
      } catch (error) {
        display.fail(error instanceof SyncError ? error.describe() : messageOf(error));
      }
      await systemClock.sleep(lookEveryMs, stop.signal);
    }
  } finally {
    display.close();
    stop.release();
  }
}
