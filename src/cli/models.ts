import { loadConfig } from '../config/index.js';
import { createPool, migrate } from '../postgres/index.js';
import { serviceLog } from './command-log.js';
import { addFlags, flagValues } from './flags.js';
import { inOrder, modelsText } from './models-text.js';
import type { AddCommand } from './program.js';
import { runningPostgres } from './servers.js';
import { exitCodes } from './surroundings.js';

/** `cht-sync models`: how each model stands, through the database alone. */
export const addModelsCommand: AddCommand = (program, surroundings, exit) => {
  const command = program
    .command('models')
    .description('show how each model stands, failing ones first, and its dbt tests; exit code 1 when a model fails')
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
      const { models, tests } = await readReports(pool, { schema, rootSchema, table });
      const shown = { models: inOrder(models), tests };
      stdout.write(json === true ? `${JSON.stringify(shown, undefined, 2)}\n` : modelsText(shown, new Date()));
      exit(models.some(({ status }) => status === 'failed') ? exitCodes.failed : exitCodes.ok);
    } finally {
      await pool.end();
    }
  });
};
