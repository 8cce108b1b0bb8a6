import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/embedded/index.js';
import type { PostgresConnection } from '../../src/postgres/index.js';
import { cpuOfTree } from '../measure/cpu.js';
import type { Scratch } from '../scratch.js';

/** The PostgreSQL that is measured. */
export interface Server {
  /** Signed in to the database `postgres`, not to one that is measured. */
  readonly admin: pg.Client;
  /** CPU used so far by all of its processes, in seconds; null when they are not on this machine. */
  cpu(): number | null;
  /** Makes an empty database. */
  createDatabase(): Promise<PostgresConnection>;
  dropDatabase(connection: PostgresConnection): Promise<void>;
}

/** Uses the PostgreSQL of `POSTGRES_TEST_URL`, or starts an embedded one with the settings that PostgreSQL ships with. */
export async function openPostgres(scratch: Scratch): Promise<Server> {
  const given = process.env.POSTGRES_TEST_URL;
  const { connection, pid } =
    given === undefined ? await startOne(scratch) : { connection: real(given), pid: undefined };
  const admin = new pg.Client({ ...connection });
  await admin.connect();
  scratch.finally(() => admin.end());
  const dropDatabase = async ({ database }: PostgresConnection) => {
    await admin.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  };
  return {
    admin,
    cpu: () => cpuOfTree(pid),
    createDatabase: async () => {
      const made = { ...connection, database: `bench_${randomBytes(5).toString('hex')}` };
      await admin.query(`CREATE DATABASE ${made.database}`);
      scratch.finally(() => dropDatabase(made));
      return made;
    },
    dropDatabase,
  };
}

async function startOne(scratch: Scratch): Promise<{ connection: PostgresConnection; pid: number }> {
  const folder = join(scratch.folder, 'postgres');
  const server = await startEmbeddedPostgres({ folder, port: await freePort() });
  scratch.finally(() => server.stop());
  const { host, port, user, password } = server;
  const pid = Number((await readFile(join(folder, 'data/postmaster.pid'), 'utf8')).split('\n', 1)[0]);
  return { connection: { host, port, user, password, database: 'postgres' }, pid };
}

function real(given: string): PostgresConnection {
  const url = new URL(given);
  return {
    host: url.hostname,
    port: Number(url.port || '5432'),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: url.pathname.slice(1) || 'postgres',
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
