import type { Command } from 'commander';
import { resolve } from 'node:path';
import { loadConfig, type Config } from '../config/index.js';
import type { Log } from '../lib/index.js';
import { serviceLog } from './command-log.js';
import { addFlags, flagValues } from './flags.js';
import { projectPlaces } from './places.js';
import type { AddCommand } from './program.js';
import { dashboardConnection, supersetAccess } from './superset-access.js';
import { exitCodes, type CliSurroundings } from './surroundings.js';

interface Given {
  readonly folder?: string;
  readonly json?: boolean;
  readonly dashboard?: readonly string[];
  readonly prune?: boolean;
}

/** What a subcommand works with. */
interface Work {
  readonly config: Config;
  readonly given: Given;
  readonly surroundings: CliSurroundings;
  readonly log: Log;
}

const exportFolder = 'superset-dashboards';

/** `cht-sync dashboards install` and `export`: dashboards as files, into a Superset and out of it. */
export const addDashboardsCommand: AddCommand = (program, surroundings, exit) => {
  const dashboards = program.command('dashboards').description('install dashboards in Apache Superset, or export them');
  const add = (name: string, description: string, work: (work: Work) => Promise<void>): Command => {
    const command = dashboards.command(name).description(description).option('--json', 'print JSON');
    addFlags(command, ['Superset', 'PostgreSQL', 'Embedded demonstration']);
    command.action(async (given: Given) => {
      const { folder, env } = surroundings;
      const config = loadConfig({ folder, env, flags: flagValues(command) }).config();
      await work({ config, given, surroundings, log: serviceLog(config, surroundings) });
      exit(exitCodes.ok);
    });
    return command;
  };
  add('install', 'install or update the dashboards; all else in Superset is left alone', install).option(
    '--folder <folder>',
    'the files to install, instead of those of CHT Sync',
  );
  add('export', 'write dashboards of Superset to files, without secrets, for a version control', exportAll)
    .option('--folder <folder>', `where to write them (default: ${exportFolder})`)
    .option('--dashboard <title>', 'only this one, by title, slug, uuid or id; may be given several times', collect)
    .option('--prune', 'remove files of dashboards that are not exported any more');
};

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

async function install({ config, given, surroundings, log }: Work): Promise<void> {
  const { folder, stdout } = surroundings;
  const access = await supersetAccess(config, folder);
  const connection = await dashboardConnection(config, folder);
  // Only now, so that other commands do without it.
  const { installDashboards } = await import('../dashboards/index.js');
  const installed = await installDashboards({
    ...{ access, connection, schema: config.postgresSchema, log },
    folder: given.folder === undefined ? projectPlaces.dashboards : resolve(folder, given.folder),
  });
  if (given.json === true) {
    stdout.write(`${JSON.stringify(installed, undefined, 2)}\n`);
    return;
  }
  const { dashboards, charts } = installed;
  const lines = dashboards.map(({ title, url }) => `  ${title}  ${url}`);
  stdout.write(`${dashboards.length} dashboards with ${charts} charts are installed:\n${lines.join('\n')}\n`);
}

async function exportAll({ config, given, surroundings, log }: Work): Promise<void> {
  const { folder, stdout } = surroundings;
  const access = await supersetAccess(config, folder);
  const { exportDashboards } = await import('../dashboards/index.js');
  const target = resolve(folder, given.folder ?? exportFolder);
  const exported = await exportDashboards({
    ...{ access, schema: config.postgresSchema, log, folder: target },
    prune: given.prune === true,
    ...(given.dashboard === undefined ? {} : { chosen: given.dashboard }),
  });
  if (given.json === true) {
    stdout.write(`${JSON.stringify(exported, undefined, 2)}\n`);
    return;
  }
  const { titles, written, removed, left } = exported;
  const lines = [
    `${titles.length} dashboards are in ${target}: ${written.length} files changed, ${removed.length} removed.`,
    ...(left.length === 0 ? [] : ['Not exported, and left as they are (--prune removes them):']),
    ...left.map((path) => `  ${path}`),
  ];
  stdout.write(`${lines.join('\n')}\n`);
}
