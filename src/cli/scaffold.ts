import { resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { loadConfig } from '../config/index.js';
import { createPool } from '../postgres/index.js';
import { readXForms, scaffold, type Scaffolded } from '../scaffold/index.js';
import { serviceLog } from './command-log.js';
import { addFlags, flagValues } from './flags.js';
import type { AddCommand } from './program.js';
import { scaffoldJson, scaffoldText } from './scaffold/report.js';
import { runningPostgres } from './servers.js';
import { exitCodes, type CliSurroundings } from './surroundings.js';

interface ScaffoldFlags {
  readonly into: string;
  readonly name?: string;
  readonly sample: number;
  readonly xforms?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `cht-sync scaffold`: a dbt package for the forms and contacts that are synced, through the database alone. */
export const addScaffoldCommand: AddCommand = (program, surroundings, exit) => {
  const command = program
    .command('scaffold')
    .description(
      'write a dbt package for the synced forms and contacts, or bring it up to date and keep your edits; exit code 1 when your edits and its own collide, or with --dry-run when something would change',
    )
    .option('--into <folder>', 'the folder of the package', 'cht_deployment')
    .option('--name <package>', 'the name of a new package (default: the name of the folder)', packageName)
    .option(
      '--sample <documents>',
      'how many documents of each form and type of contact are looked at',
      sampleSize,
      1000,
    ) // prettier-ignore
    .option(
      '--xforms <folder>',
      'the forms as cht-conf makes them (forms/app of your configuration): types, labels, choices and order are theirs then',
    )
    .option('--dry-run', 'write nothing, only show what would change')
    .option('--json', 'print the result as JSON');
  addFlags(command, ['PostgreSQL', 'Embedded demonstration']);
  command.action(async (flags: ScaffoldFlags) => {
    const { dryRun = false, json = false, into } = flags;
    const done = await run(command, flags, surroundings);
    const report = { ...done, into, dryRun };
    const { stdout } = surroundings;
    stdout.write(
      json
        ? `${JSON.stringify(scaffoldJson(report), undefined, 2)}\n`
        : scaffoldText(report, { colours: stdout.isTTY && surroundings.env.NO_COLOR === undefined }),
    );
    const outcomes = done.plan.files.map(({ outcome }) => outcome.kind);
    const isWell = dryRun
      ? outcomes.every((kind) => kind === 'same' || kind === 'removed')
      : !outcomes.includes('conflict');
    exit(isWell ? exitCodes.ok : exitCodes.failed);
  });
};

async function run(
  command: Command,
  { into, name, sample, xforms, dryRun = false }: ScaffoldFlags,
  surroundings: CliSurroundings,
): Promise<Scaffolded> {
  const { folder, env } = surroundings;
  const config = loadConfig({ folder, env, flags: flagValues(command) }).config();
  const log = serviceLog(config, surroundings);
  const connection = await runningPostgres(config, folder);
  const pool = createPool({ connection, applicationName: 'cht-sync scaffold', max: 1, log });
  try {
    return await scaffold({
      pool,
      schema: config.postgresSchema,
      rootSchema: config.rootPostgresSchema,
      table: config.postgresTable,
      sample,
      definitions: xforms === undefined ? new Map() : readXForms(resolve(folder, xforms)),
      onProgress: (done) => log.debug({ done }, 'looked at a form or type'),
      into: resolve(folder, into),
      name,
      dryRun,
    });
  } finally {
    await pool.end();
  }
}

function packageName(text: string): string {
  if (/^[a-z][a-z0-9_]{0,62}$/.test(text)) return text;
  throw new InvalidArgumentError('A package is called by lower case letters, digits and underscores.');
}

function sampleSize(text: string): number {
  const size = Number(text);
  if (Number.isInteger(size) && size >= 1 && size <= 100_000) return size;
  throw new InvalidArgumentError('It is a whole number from 1 to 100000.');
}
