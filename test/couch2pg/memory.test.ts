import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { startGeneratedFeed } from '../../bench/servers/generated-feed.js';
import type { GeneratedOptions } from '../../bench/servers/generated-database.js';
import { Command } from '../support/command.js';
import { createTestDatabase } from '../support/database.js';
import { createTemporaryFolder } from '../support/temporary-folder.js';

const mostMegabytes = 256;
const longest = { timeout: 240_000, interval: 200 };

/** Has the real command load a database and gives the most memory it has had at once, in MB. */
async function memoryOfLoading(options: GeneratedOptions): Promise<number> {
  await using database = await createTestDatabase();
  await using folder = await createTemporaryFolder();
  await using feed = await startGeneratedFeed(options);
  const { hostname, port } = new URL(feed.url);
  const { connection } = database;
  await using couch2pg = new Command(['couch2pg'], {
    folder: folder.path,
    env: {
      ...{ COUCHDB_HOST: hostname, COUCHDB_PORT: port, COUCHDB_USER: 'anybody', COUCHDB_PASSWORD: 'anything' },
      ...{ COUCHDB_DBS: feed.database, POSTGRES_HOST: connection.host, POSTGRES_PORT: String(connection.port) },
      ...{ POSTGRES_USER: connection.user, POSTGRES_PASSWORD: connection.password, POSTGRES_DB: connection.database },
    },
  });
  const state = () =>
    database.pool.query<{ state: string }>('SELECT state FROM v1.couchdb_progress').then(
      ({ rows }) => rows[0]?.state,
      // The tables are not there yet.
      () => undefined,
    );
  await expect.poll(state, longest).toBe('live');
  const { rows } = await database.pool.query('SELECT count(*)::integer AS count FROM v1.couchdb');
  expect(rows).toEqual([{ count: options.documents }]);
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${couch2pg.pid}/status`, 'utf8'))?.[1];
  return (Number(peak) * 1024) / 1e6;
}

describe.skipIf(process.platform !== 'linux')(`couch2pg takes less than ${mostMegabytes} MB for`, () => {
  test.each([
    ['60 documents of 8 MB', { documents: 60, bytes: 8_000_000 }],
    ['6 documents of 20 MB', { documents: 6, bytes: 20_000_000 }],
    ['60,000 documents of 2 kB', { documents: 60_000, bytes: 2_000 }],
    ['50,000 tombstones', { documents: 50_000, bytes: 0 }],
  ])('%s', async (_, options) => {
    expect(await memoryOfLoading(options)).toBeLessThan(mostMegabytes);
  });
});
