import { configError, loadConfig } from '../config/index.js';
import { messageOf, systemClock, untilAborted } from '../lib/index.js';
import { Cached, createDatabaseMetrics, startMonitoring, type DatabaseSample } from '../monitoring/index.js';
import { logWarnings, serviceLog } from './command-log.js';
import { postgresConnection } from './connections.js';
import { addFlags, flagValues } from './flags.js';
import type { AddCommand } from './program.js';
import { requireHosts } from './required-hosts.js';
import { listenForStop } from './stop-signal.js';
import { freshMs, StoredReader, waitMs } from './stored-samples.js';
import { exitCodes } from './surroundings.js';
import { version } from './version.js';

/** `cht-sync metrics`: the metrics of all sources and models at one address, until it is told to stop. */
export const addMetricsCommand: AddCommand = (program, surroundings, exit) => {
  const command = program
    .command('metrics')
    .description('serve the metrics of all sources and models at one address, from the database alone');
  addFlags(command, ['PostgreSQL', 'Monitoring']);
  command.action(async () => {
    const { folder, env } = surroundings;
    const reading = loadConfig({ folder, env, flags: flagValues(command) });
    const config = reading.config();
    requireHosts(config, ['postgresHost']);
    const { metricsHost: host, metricsPort: port, postgresSchema: schema, rootPostgresSchema: rootSchema } = config;
    if (port === 0) {
      const remedy = 'Set it to the port to serve them on.';
      throw configError([{ option: 'METRICS_PORT', cause: 'it is 0, so there is nothing to serve', remedy }]);
    }
    const log = serviceLog(config, surroundings);
    logWarnings(reading, log);

    const stop = listenForStop(surroundings, () => log.info('stopping'));
    const place = { schema, rootSchema, table: config.postgresTable, selector: undefined };
    const reader = new StoredReader({ connection: postgresConnection(config, folder), ...place }, log);
    const all = new Cached<DatabaseSample>(() => reader.readAll(), { freshMs, waitMs, clock: systemClock });
    try {
      const metrics = createDatabaseMetrics(version(), () => all.get());
      // That PostgreSQL is away is what it is there to tell.
      const health = { waitingFor: () => [], stuck: () => [] };
      const server = await startMonitoring({ host, port, metrics, ...health }).catch((error: unknown) => {
        const remedy = 'Set METRICS_HOST and METRICS_PORT to an address of this machine that is free.';
        throw configError([{ option: 'METRICS_PORT', value: String(port), cause: messageOf(error), remedy }]);
      });
      log.info({ metrics: server.url }, 'metrics are served');
      await untilAborted(stop.signal);
      await server.stop();
    } finally {
      await reader.close();
      stop.release();
    }
    log.info('stopped');
    exit(exitCodes.ok);
  });
};
