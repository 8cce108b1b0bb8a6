import { createDataemon, type Dataemon, type DataemonStatus } from '../../src/dataemon/index.js';
import { createLog, systemClock } from '../../src/lib/index.js';
import type { PostgresConnection } from '../../src/postgres/index.js';
import { shippedDefault } from '../shipped-default.js';
import { serve } from './serve.js';

/** What the dataemon is told; all else is as a user gets it. */
export interface DataemonSettings {
  readonly connection: PostgresConnection;
  /** The folders and the interpreter of the repository. */
  readonly packageFolder: string;
  readonly projectFolder: string;
  readonly python: string;
  readonly workFolder: string;
  /** Default: the one that is shipped. */
  readonly intervalMs?: number;
}

const stop = new AbortController();
let dataemon: Dataemon | undefined;
let running: Promise<void> | undefined;

const calls = {
  start: ({ connection, packageFolder, intervalMs, ...folders }: DataemonSettings): void => {
    dataemon = createDataemon({
      ...{ connection, ...folders },
      bundledPackage: packageFolder,
      schema: 'v1',
      table: 'couchdb',
      package: { kind: 'bundled', path: packageFolder },
      intervalMs: intervalMs ?? shippedDefault('DATAEMON_INTERVAL') * 1000,
      threads: shippedDefault('DBT_THREAD_COUNT'),
      batchSize: shippedDefault('DBT_BATCH_SIZE'),
      batchOrder: 'oldest',
      increments: 'auto',
      runTimeoutMs: shippedDefault('DBT_RUN_TIMEOUT') * 1000,
      rebuildTimeoutMs: shippedDefault('DBT_REBUILD_TIMEOUT') * 1000,
      testIntervalMs: 0,
      environment: process.env,
      log: createLog({ level: 'warn', format: 'text', secrets: [connection.password] }),
      clock: systemClock,
      random: Math.random,
    });
    running = dataemon.run(stop.signal);
  },
  status: (): DataemonStatus | undefined => dataemon?.status(),
  workerPid: (): number | undefined => dataemon?.workerPid,
};

/** What the process of the dataemon offers. */
export type DataemonCalls = typeof calls;

serve(calls, async () => {
  stop.abort();
  await running;
});
