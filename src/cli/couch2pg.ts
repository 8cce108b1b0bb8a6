import { loadConfig } from '../config/index.js';
import { createCouch2pg } from '../couch2pg/index.js';
import { logWarnings, serviceLog } from './command-log.js';
import { couch2pgOptions, couchDbServers, postgresConnection } from './connections.js';
import { addFlags, flagValues } from './flags.js';
import { monitor } from './measure.js';
import type { AddCommand } from './program.js';
import { requireHosts } from './required-hosts.js';
import { listenForStop } from './stop-signal.js';
import { exitCodes } from './surroundings.js';

/** `cht-sync couch2pg`: documents from CouchDB into PostgreSQL, until it is told to stop. */
export const addCouch2pgCommand: AddCommand = (program, surroundings, exit) => {
  const command = program
    .command('couch2pg')
    .description('stream documents from CouchDB into PostgreSQL (for production)');
  addFlags(command, ['CouchDB', 'PostgreSQL', 'couch2pg', 'Monitoring']);
  command.action(async () => {
    const { folder, env } = surroundings;
    const reading = loadConfig({ folder, env, flags: flagValues(command) });
    const config = reading.config();
    requireHosts(config, ['couchdbHost', 'postgresHost']);
    const log = serviceLog(config, surroundings);
    logWarnings(reading, log);

    const stop = listenForStop(surroundings, () => log.info('stopping: what was read is written first'));
    const connections = { couchdb: couchDbServers(config, folder), postgres: postgresConnection(config, folder) };
    const couch2pg = createCouch2pg(couch2pgOptions(config, connections, log));
    const measured = { sources: () => couch2pg.status(), stuck: () => couch2pg.stuck() };
    const monitoring = await monitor(config, connections.postgres, measured, log);
    couch2pg.onBatch((source, durationMs) => monitoring.batchWritten(source, durationMs));
    log.info(
      { couchdb: connections.couchdb.map(({ url, databases }) => ({ url, databases })), metrics: monitoring.url },
      'couch2pg runs',
    );
    try {
      await couch2pg.run(stop.signal);
    } finally {
      await monitoring.stop();
      stop.release();
    }
    log.info('stopped');
    exit(exitCodes.ok);
  });
};
