import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/embedded/index.js';
import { fastFolder } from './fast-folder.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL on which tests make their own databases. */
    postgresUrl: string;
  }
}

/**
 * Gives the tests a PostgreSQL: the one of `POSTGRES_TEST_URL`, or an embedded one for this run, which is removed after.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.POSTGRES_TEST_URL;
  if (given !== undefined) {
    project.provide('postgresUrl', given);
    return undefined;
  }
  const folder = await mkdtemp(join(await fastFolder(), 'cht-sync-test-'));
  const server = await startEmbeddedPostgres({
    folder,
    port: await freePort(),
    settings: { fsync: 'off', max_connections: '200', scram_iterations: '1' },
  });
  const url = `postgresql://${server.user}:${server.password}@${server.host}:${server.port}/postgres`;
  await signInQuickly(url, server.password);
  project.provide('postgresUrl', url);
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

/** Has the password hashed anew, as often as the server's settings say: tests connect thousands of times. */
async function signInQuickly(connectionString: string, password: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(`ALTER ROLE CURRENT_USER PASSWORD ${client.escapeLiteral(password)}`);
  } finally {
    await client.end();
  }
}

/** A port on which nothing listens now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
