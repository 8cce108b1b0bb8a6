import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { freePort } from '../../../test/support/global-postgres.js';
import { startEmbeddedPostgres } from './server.js';

test('an embedded PostgreSQL keeps its data over a stop and a start, and a running one is taken over', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cht-sync-embedded-'));
  try {
    const first = await startEmbeddedPostgres({ folder, port: await freePort() });
    const client = new pg.Client({ ...first, database: 'postgres' });
    await client.connect();
    await client.query('CREATE TABLE kept AS SELECT 42 AS n');
    expect((await client.query('SHOW server_encoding')).rows).toEqual([{ server_encoding: 'UTF8' }]);
    await client.end();

    const same = await startEmbeddedPostgres({ folder, port: await freePort() });
    expect(same.takenOver).toBe(true);
    expect(same.port).toBe(first.port);
    await same.stop();

    const again = await startEmbeddedPostgres({ folder, port: await freePort() });
    expect(again.takenOver).toBe(false);
    const second = new pg.Client({ ...again, database: 'postgres' });
    await second.connect();
    expect((await second.query('SELECT n FROM kept')).rows).toEqual([{ n: 42 }]);
    await second.end();
    await again.stop();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.runIf(process.getuid?.() === 0)('root may keep it in a folder that nobody else may enter', async () => {
  const home = await mkdtemp(join(tmpdir(), 'cht-sync-home-'));
  await chmod(home, 0o700);
  try {
    const server = await startEmbeddedPostgres({ folder: join(home, 'postgres'), port: await freePort() });
    await server.stop();
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
