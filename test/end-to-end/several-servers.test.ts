import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { startEmbeddedCouchDb } from '../../src/embedded/index.js';
import { createLog, systemClock } from '../../src/lib/index.js';
import { Command } from '../support/command.js';
import { createTestCouchDb, type TestCouchDb } from '../support/couchdb.js';
import { createTestDatabase } from '../support/database.js';
import { freePort } from '../support/global-postgres.js';
import { filesWithSecret } from '../support/secrets.js';
import { createTemporaryFolder } from '../support/temporary-folder.js';
import { postgresVariables } from './support/environment.js';
import { readTable } from './support/table.js';

const soon = { timeout: 60_000, interval: 50 };

/** A server as it stands in a configuration file; its password is that of a variable. */
function entry(name: string, { url, user }: Pick<TestCouchDb, 'url' | 'user'>, variable: string): string {
  const { hostname, port } = new URL(url);
  return `  - { name: ${name}, host: ${hostname}, port: ${port}, user: ${user}, password: '\${${variable}}', databases: [medic, _users] }`;
}

async function createDatabases(
  couchdb: Pick<TestCouchDb, 'url' | 'user' | 'password'>,
): Promise<(path: string, doc: unknown) => Promise<void>> {
  const put = async (path: string, doc?: unknown) => {
    const response = await fetch(`${couchdb.url}/${path}`, {
      method: 'PUT',
      headers: { authorization: `Basic ${Buffer.from(`${couchdb.user}:${couchdb.password}`).toString('base64')}` },
      ...(doc === undefined ? {} : { body: JSON.stringify(doc) }),
    });
    if (!response.ok && response.status !== 412) throw new Error(`${path}: ${response.status}`);
  };
  await put('medic');
  await put('_users');
  return put;
}

test.skipIf(process.env.COUCHDB_TEST_URL !== undefined)(
  'one process follows several servers of a configuration file; one that is down disturbs no other, and joins when it is up',
  async () => {
    await using west = await createTestCouchDb();
    await using east = await createTestCouchDb();
    await using database = await createTestDatabase();
    await using folder = await createTemporaryFolder();
    await using south = await createTemporaryFolder();
    const port = await freePort();
    const down = { url: `http://127.0.0.1:${port}`, user: 'admin' };
    const [inWest, inEast] = [await createDatabases(west), await createDatabases(east)];
    await inWest('medic/settings', { of: 'west' });
    await inWest('_users/org.couchdb.user:a', { name: 'a', roles: [], type: 'user', password: 'pw-of-a' });
    await inEast('medic/settings', { of: 'east' });
    const servers = [entry('west', west, 'WEST'), entry('east', east, 'EAST'), entry('south', down, 'SOUTH')];
    await writeFile(join(folder.path, 'cht-sync.yaml'), `couchdb:\n${servers.join('\n')}\nLOG_FORMAT: json\n`);
    const secrets = { WEST: west.password, EAST: east.password, SOUTH: 'password-of-south' };
    const env = { ...postgresVariables(database), ...secrets, CONFIG_FILE: 'cht-sync.yaml' };

    await using command = new Command(['couch2pg'], { folder: folder.path, env });
    const rows = async () =>
      (await readTable(database))
        .map(({ key, source, doc }) => [source, key, doc.of ?? doc.name])
        .filter(([, key]) => !String(key).startsWith('_design/'))
        .sort();
    const settings = (first: string, second: string) => [
      [`${first}/medic`, 'settings', first],
      [`${second}/medic`, `settings@${second}/medic`, second],
    ];
    const user = ['west/_users', 'org.couchdb.user:a', 'a'];
    await vi.waitFor(async () => {
      // Whichever came first holds the id.
      const either = [settings('west', 'east'), settings('east', 'west')].map((both) => [...both, user].sort());
      expect(either).toContainEqual(await rows());
    }, soon);
    await inEast('medic/later', { of: 'east' });
    await vi.waitFor(async () => expect(await rows()).toContainEqual(['east/medic', 'later', 'east']), soon);

    const { warnings } = command;
    expect(warnings.map(({ source, code }) => [source, code]).sort()).toEqual([
      ['south/_users', 'COUCHDB_UNREACHABLE'],
      ['south/medic', 'COUCHDB_UNREACHABLE'],
    ]);
    const admin = { user: 'admin', password: secrets.SOUTH };
    const log = createLog({ level: 'silent', format: 'json', secrets: [] });
    const server = await startEmbeddedCouchDb({ folder: south.path, port, admin, log, clock: systemClock });
    try {
      const inSouth = await createDatabases({ ...down, password: secrets.SOUTH });
      await inSouth('medic/only-here', { of: 'south' });
      await vi.waitFor(async () => expect(await rows()).toContainEqual(['south/medic', 'only-here', 'south']), soon);
    } finally {
      await server.stop();
    }
    const { rows: connections } = await database.pool.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM pg_stat_activity WHERE application_name LIKE 'cht-sync couch2pg%' AND datname = current_database()`,
    );
    expect(connections[0]!.count).toBeLessThanOrEqual(12 + 6);
    expect((await command.stop()).code).toBe(0);
    for (const secret of Object.values(secrets)) expect(command.stderr).not.toContain(secret);
    expect(await filesWithSecret(folder.path, Object.values(secrets))).toEqual([]);
  },
);

test('a configuration file that is wrong ends the command with exit code 2 and all that is wrong', async () => {
  await using folder = await createTemporaryFolder();
  await writeFile(join(folder.path, 'c.yaml'), 'couchdb:\n  - { host: a, prot: 1 }\n  - { host: a, port: 70000 }\n');
  await using command = new Command(['couch2pg', '--config-file', 'c.yaml'], { folder: folder.path });
  expect((await command.end()).code).toBe(2);
  expect(command.stderr).toContain('couchdb[0].prot (c.yaml): there is no such key. Did you mean port?');
  expect(command.stderr).toContain('couchdb[1].port is "70000" (c.yaml): it is more than 65535.');
});
