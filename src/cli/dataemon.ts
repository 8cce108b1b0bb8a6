import { loadConfig } from '../config/index.js';
import { logWarnings, serviceLog } from './command-log.js';
import { dataemonOptions, postgresConnection } from './connections.js';
import { addFlags, flagValues } from './flags.js';
import { monitor, stuckOf } from './measure.js';
import type { AddCommand } from './program.js';
import { requireHosts } from './required-hosts.js';
import { listenForStop } from './stop-signal.js';
import { exitCodes } from './surroundings.js';

/** `cht-sync dataemon`: keeps the models up to date, until it is told to stop. */
export const addDataemonCommand: AddCommand = (program, surroundings, exit) => {
  const command = program.command('dataemon').description('keep the dbt models up to date (for production)');
  addFlags(command, ['PostgreSQL', 'dataemon', 'Monitoring', 'Embedded demonstration']);
  command.action(async () => {
    const { folder, env } = surroundings;
    const reading = loadConfig({ folder, env, flags: flagValues(command) });
    const config = reading.config();
    requireHosts(config, ['postgresHost']);
    const log = serviceLog(config, surroundings);
    logWarnings(reading, log);

    const stop = listenForStop(surroundings, () => log.info('stopping: the run under way ends first'));
    // Only now, so that other commands do without it.
    const { createDataemon, dataemonStates: states } = await import('../dataemon/index.js');
    const connection = postgresConnection(config, folder);
    const dataemon = createDataemon(dataemonOptions(config, surroundings, connection, log));
    const measured = { dataemon: { states, status: () => dataemon.status() }, stuck: () => stuckOf(dataemon) };
    const monitoring = await monitor(config, connection, measured, log);
    dataemon.onChange(() => monitoring.dataemonChanged());
    log.info({ package: dataemon.status().package, metrics: monitoring.url }, 'the dataemon runs');
    try {
      await dataemon.run(stop.signal);
    } finally {
      await monitoring.stop();
      stop.release();
    }
    log.info('stopped');
    exit(exitCodes.ok);
  });
};
