import { createCouch2pg, type Couch2pg, type Couch2pgOptions } from '../../src/couch2pg/index.js';
import { createLog, systemClock } from '../../src/lib/index.js';
import type { TestCouchDatabase, TestCouchDb } from '../support/couchdb.js';
import type { TestDatabase } from '../support/database.js';

/** A couch2pg that runs until it is disposed of. */
export interface Following extends AsyncDisposable {
  readonly couch2pg: Couch2pg;
  stop(): Promise<void>;
}

/** What a test may change of the usual options. */
export interface FollowOptions {
  readonly batch?: Partial<Couch2pgOptions['batch']>;
  readonly liveFeed?: Couch2pgOptions['couchdb'][number]['liveFeed'];
  readonly url?: string;
  readonly password?: string;
  readonly heartbeatMs?: number;
  readonly pauses?: Couch2pgOptions['pauses'];
}

/** Runs couch2pg from test databases into a test database. */
export function follow(
  couchdb: TestCouchDb,
  database: TestDatabase,
  sources: readonly (TestCouchDatabase | string)[],
  options: FollowOptions = {},
): Following {
  const stop = new AbortController();
  const couch2pg = createCouch2pg({
    couchdb: [
      {
        url: options.url ?? couchdb.url,
        credentials: { user: couchdb.user, password: options.password ?? couchdb.password },
        databases: sources.map((source) => (typeof source === 'string' ? source : source.name)),
        liveFeed: options.liveFeed ?? 'continuous',
        ...(options.heartbeatMs === undefined ? {} : { heartbeatMs: options.heartbeatMs }),
      },
    ],
    postgres: { connection: database.connection, schema: 'v1', table: 'couchdb' },
    batch: { rows: 100, bytes: 1_000_000, lingerMs: 10, ...options.batch },
    ...(options.pauses === undefined ? {} : { pauses: options.pauses }),
    clock: systemClock,
    random: Math.random,
    log: createLog({ level: (process.env.LOG_LEVEL ?? 'silent') as 'silent', format: 'text', secrets: [] }),
  });
  const running = couch2pg.run(stop.signal);
  const end = async () => {
    stop.abort();
    await running;
  };
  return { couch2pg, stop: end, [Symbol.asyncDispose]: end };
}

/** The documents of a source that the table holds and that are not deleted, by CouchDB's id. */
export async function stored(database: TestDatabase, source: string): Promise<Map<string, Record<string, unknown>>> {
  const { rows } = await database.pool.query<{ id: string; doc: Record<string, unknown> }>(
    `SELECT doc->>'_id' AS id, doc FROM v1.couchdb WHERE source LIKE '%/' || $1 AND NOT _deleted`,
    [source],
  );
  return new Map(rows.map(({ id, doc }) => [id, doc]));
}
