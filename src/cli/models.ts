import { loadConfig } from '../config/index.js';
import { createPool, migrate } from '../postgres/index.js';
import { serviceLog } from './command-log.js';
import { lasting } from './dataemon-problems.js';
import { addFlags, flagValues } from './flags.js';
import { inOrder, modelsText } from './models-text.js';
import type { AddCommand } from './program.js';
import { runningPostgres } from './servers.js';
import { exitCodes } from './surroundings.js';

/** `cht-sync models`: how each model stands, through the database alone. */
export const addModelsCommand: AddCommand = (program, surroundings, exit) => {
  const command = program
    .command('models')
    .description(
      'show how each model stands, failing ones first, its dbt tests, and what is wrong with dataemons; exit code 1 when something is',
    )
    .option('--json', 'print JSON');
  addFlags(command, ['PostgreSQL', 'Embedded demonstration']);
  command.action(async ({ json }: { json?: boolean }) => {
    const { folder, env, stdout } = surroundings;
    const config = loadConfig({ folder, env, flags: flagValues(command) }).config();
    const log = serviceLog(config, surroundings);
    const connection = await runningPostgres(config, folder);
    const { postgresSchema: schema, rootPostgresSchema: rootSchema, postgresTable: table } = config;
    const pool = createPool({ connection, applicationName: 'cht-sync models', max: 1, log });
    try {
      if (rootSchema === schema) await migrate({ pool, family: 'documents', schema, table, log });
      await migrate({ pool, family: 'dataemon', schema, table, log });
      // Only now, so that other commands do without it.
      const { readReports } = await import('../dataemon/index.js');
      const { models, tests, problems } = await readReports(pool, { schema, rootSchema, table });
      const shown = { models: inOrder(models), tests, problems };
      stdout.write(json === true ? `${JSON.stringify(shown, undefined, 2)}\n` : modelsText(shown, new Date()));
      const isWrong = models.some(({ status }) => status === 'failed') || lasting(problems).length > 0;
      exit(isWrong ? exitCodes.failed : exitCodes.ok);
    } finally {
      await pool.end();
    }
  });
};
