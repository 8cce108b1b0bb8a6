import { Command } from 'commander';
import { addConfigCommand } from './config.js';
import { addControlCommands } from './control.js';
import { addCouch2pgCommand } from './couch2pg.js';
import { addDashboardsCommand } from './dashboards.js';
import { addDataemonCommand } from './dataemon.js';
import { addEmbeddedCouchDbCommand } from './embedded-couchdb.js';
import { addMetricsCommand } from './metrics.js';
import { addGrantCommand } from './grant.js';
import { addMigrateCommand } from './migrate.js';
import { addModelsCommand } from './models.js';
import { addRejectedCommand } from './rejected.js';
import { addScaffoldCommand } from './scaffold.js';
import { addStartCommand } from './start.js';
import { addStatusCommand } from './status.js';
import type { CliSurroundings } from './surroundings.js';
import { addVerifyCommand } from './verify.js';
import { version } from './version.js';

/** Adds one command to the program; `exit` takes its exit code. */
export type AddCommand = (program: Command, surroundings: CliSurroundings, exit: (code: number) => void) => void;

const commands: readonly AddCommand[] = [
  addStartCommand,
  addCouch2pgCommand,
  addDataemonCommand,
  addMetricsCommand,
  addStatusCommand,
  addModelsCommand,
  addControlCommands,
  addRejectedCommand,
  addVerifyCommand,
  addScaffoldCommand,
  addDashboardsCommand,
  addMigrateCommand,
  addGrantCommand,
  addConfigCommand,
  addEmbeddedCouchDbCommand,
];

const defaultWidth = 100;

/** The command line, ready to be parsed. Whatever is wrong with it is thrown as a CommanderError. */
export function createProgram(surroundings: CliSurroundings, exit: (code: number) => void): Command {
  const { stdout, stderr } = surroundings;
  const program = new Command('cht-sync')
    .description(
      'Streams every document of CHT databases from CouchDB into PostgreSQL and keeps dbt models up to date.',
    )
    .version(version(), '-V, --version')
    .helpOption('-h, --help')
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({
      getOutHelpWidth: () => stdout.columns || defaultWidth,
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      // Errors are thrown, and reported in one place.
      outputError: () => undefined,
    })
    .exitOverride()
    .addHelpText(
      'after',
      '\nEvery option may also be set in the environment or in the file .env: COUCHDB_HOST for --couchdb-host.',
    );
  for (const add of commands) add(program, surroundings, exit);
  return program;
}
