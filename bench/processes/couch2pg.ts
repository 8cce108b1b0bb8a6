import { createCouch2pg, type Couch2pg, type SourceStatus } from '../../src/couch2pg/index.js';
import { createLog, systemClock } from '../../src/lib/index.js';
import type { PostgresConnection } from '../../src/postgres/index.js';
import { shippedDefault } from '../shipped-default.js';
import { serve } from './serve.js';

/** What couch2pg is told; all else is as a user gets it. */
export interface Couch2pgSettings {
  readonly url: string;
  readonly credentials: { readonly user: string; readonly password: string };
  readonly databases: readonly string[];
  readonly connection: PostgresConnection;
  /** How many requests a first load makes at once; as shipped if missing. */
  readonly readers?: number | undefined;
}

const stop = new AbortController();
let couch2pg: Couch2pg | undefined;
let running: Promise<void> | undefined;

const calls = {
  start: ({ connection, readers = shippedDefault('COUCHDB_READERS'), ...server }: Couch2pgSettings): void => {
    couch2pg = createCouch2pg({
      couchdb: [{ ...server, readers, liveFeed: 'continuous' }],
      postgres: { connection, schema: 'v1', table: 'couchdb' },
      batch: {
        rows: shippedDefault('BATCH_SIZE'),
        bytes: shippedDefault('BATCH_BYTES'),
        lingerMs: shippedDefault('BATCH_LINGER_MS'),
      },
      clock: systemClock,
      random: Math.random,
      log: createLog({ level: 'warn', format: 'text', secrets: [server.credentials.password, connection.password] }),
    });
    running = couch2pg.run(stop.signal);
  },
  status: (): SourceStatus[] => couch2pg?.status() ?? [],
};

/** What the process of couch2pg offers. */
export type Couch2pgCalls = typeof calls;

serve(calls, async () => {
  stop.abort();
  await running;
});
