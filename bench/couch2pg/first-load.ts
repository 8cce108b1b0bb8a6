import pg from 'pg';
import { changeChannel, type PostgresConnection } from '../../src/postgres/index.js';
import { cpuOf, peakMemoryOf } from '../measure/cpu.js';
import { until } from '../measure/wait.js';
import { startChild } from '../processes/child.js';
import type { Couch2pgCalls } from '../processes/couch2pg.js';
import type { Database, Source } from '../servers/couchdb.js';
import type { Server } from '../servers/postgres.js';

/** What is loaded, and where it goes. */
export interface FirstLoadOptions {
  readonly source: Source;
  readonly database: Database;
  readonly postgres: Server;
  readonly documents: number;
  /** How many requests it makes at once; as shipped if missing. */
  readonly readers?: number;
  /** What to do with the empty database first. */
  readonly prepare?: (connection: PostgresConnection) => Promise<void>;
}

/** What a first load took. */
export interface FirstLoad {
  readonly perSecond: number;
  /** Microseconds a document; null where the process is not on this machine. */
  readonly cpu: { readonly couch2pg: number | null; readonly source: number | null; readonly postgres: number | null };
  /** Of couch2pg, in megabytes. */
  readonly peakMemory: number | null;
}

/**
 * Has couch2pg load the database into an empty one, as it is after `npm start`. The time is from its start, migrations
 * included, to its last commit, as a connection hears of it that listens.
 *
 * @param then - what to do while couch2pg still follows the source.
 */
export async function firstLoad(
  { source, database, postgres, documents, readers, prepare }: FirstLoadOptions,
  then: (connection: PostgresConnection) => Promise<void>,
): Promise<FirstLoad> {
  const connection = await postgres.createDatabase();
  await prepare?.(connection);
  const listener = new pg.Client({ ...connection });
  await listener.connect();
  let lastCommit = 0;
  listener.on('notification', () => (lastCommit = performance.now()));
  await listener.query(`LISTEN ${changeChannel}`);
  await postgres.admin.query('CHECKPOINT');
  try {
    await using couch2pg = await startChild<Couch2pgCalls>('couch2pg');
    const cpu = () => ({ couch2pg: cpuOf(couch2pg.pid), source: source.cpu(), postgres: postgres.cpu() });
    const before = cpu();
    const { url, credentials } = source;
    const started = performance.now();
    await couch2pg.call('start', { url, credentials, databases: [database.name], connection, readers });
    await until(async () => (await couch2pg.call('status'))[0]?.state === 'live', 'the first load', { everyMs: 100 });
    const after = cpu();
    const { rows } = await listener.query<{ count: number }>('SELECT count(*)::integer AS count FROM v1.couchdb');
    if (rows[0]?.count !== documents) throw new Error(`${rows[0]?.count ?? 0} documents came instead of ${documents}`);
    const each = (name: keyof typeof before) => {
      const [from, to] = [before[name], after[name]];
      return from === null || to === null ? null : ((to - from) * 1e6) / documents;
    };
    const load = {
      perSecond: (documents * 1000) / (lastCommit - started),
      cpu: { couch2pg: each('couch2pg'), source: each('source'), postgres: each('postgres') },
      peakMemory: peakMemoryOf(couch2pg.pid),
    };
    await then(connection);
    return load;
  } finally {
    await listener.end();
    await postgres.dropDatabase(connection);
  }
}
