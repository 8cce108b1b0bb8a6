import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileVariableOf, optionList } from '../../src/config/index.js';
import { createTestCouchDb } from '../support/couchdb.js';
import { needed } from '../support/needed.js';
import { composeFile, composeServices, templateLines, variableUses } from './docker/compose-file.js';
import { composeLoader, loadCompose } from './docker/compose-loader.js';
import { run } from './tools/run.js';

const root = join(composeFile, '..');

/** What a user has to fill in, as in env.template. */
const filledIn = {
  COUCHDB_HOST: 'couchdb',
  COUCHDB_USER: 'medic',
  COUCHDB_PASSWORD: 'password of couchdb',
  COUCHDB_SECURE: 'false',
  POSTGRES_HOST: 'postgres',
  POSTGRES_PASSWORD: 'password of postgres',
};

describe('the variables of the compose file', () => {
  test('all have a default or may be empty, so that Docker Compose does not warn of any', async () => {
    const uses = await variableUses();
    expect(uses.length).toBeGreaterThan(50);
    expect(uses.filter(({ otherwise }) => otherwise === undefined)).toEqual([]);
  });

  test('are those of env.template, which shows what counts when they are not set', async () => {
    const template = await templateLines();
    const names = new Set((await variableUses()).map(({ name }) => name));
    // Docker Compose itself reads the name of the project.
    expect([...template.keys()].filter((name) => name !== 'COMPOSE_PROJECT_NAME').sort()).toEqual([...names].sort());

    const presets = new Map(optionList.map(({ env, default: preset }) => [env, preset]));
    for (const { name, otherwise } of await variableUses()) {
      const { value, isDefault } = template.get(name)!;
      const preset = presets.get(name);
      const nested = otherwise?.includes('${') === true || ['config', 'dbt-package'].includes(otherwise ?? '');
      if (!isDefault || nested) continue;
      const shown = otherwise === '' && typeof preset === 'string' ? preset : otherwise;
      if (typeof preset !== 'object') expect([name, value]).toEqual([name, shown]);
    }
  });

  test('of medic/cht-sync v2 are all there', async () => {
    const known = [...(await templateLines()).keys()];
    expect(known).toEqual(
      expect.arrayContaining([
        ...['COMPOSE_PROJECT_NAME', 'BASTION_PORT', 'BASTION_AUTHORIZED_KEYS_FILE'],
        ...['PGADMIN_DEFAULT_EMAIL', 'PGADMIN_DEFAULT_PASSWORD', 'PGADMIN_PORT'],
        ...['COUCHDB_USER', 'COUCHDB_PASSWORD', 'COUCHDB_HOST', 'COUCHDB_PORT', 'COUCHDB_DBS', 'COUCHDB_SECURE'],
        ...['POSTGRES_USER', 'POSTGRES_PASSWORD', 'POSTGRES_HOST', 'POSTGRES_PORT', 'POSTGRES_DB', 'POSTGRES_SCHEMA'],
        ...['POSTGRES_TABLE', 'ROOT_POSTGRES_SCHEMA', 'BATCH_SIZE', 'DATAEMON_INTERVAL', 'DBT_THREAD_COUNT'],
        ...['DBT_BATCH_SIZE', 'DBT_SELECTOR', 'CHT_PIPELINE_BRANCH_URL', 'DBT_LOCAL_PATH', 'DBT_PACKAGE_TARBALL_URL'],
      ]),
    );
  });

  test('reach the services whose options they are, and no service is given one that CHT Sync does not know', async () => {
    const services = await composeServices();
    const variables = (...groups: string[]) =>
      optionList
        // The image sets where metrics are served; the profile local alone has a folder for a package.
        .filter(({ group, env }) => groups.includes(group) && !/^METRICS_|^DBT_LOCAL_PATH$/.test(env))
        .flatMap(({ env, secret }) => (secret === true ? [env, fileVariableOf(env)] : [env]));
    const given = (name: string) => Object.keys(services[name]!.environment!).sort();

    const ofCouch2pg = variables('General', 'CouchDB', 'PostgreSQL', 'couch2pg', 'Monitoring');
    const ofDataemon = variables('PostgreSQL', 'dataemon', 'Monitoring').sort();
    expect(given('couch2pg')).toEqual(ofCouch2pg.filter((name) => name !== 'ROOT_POSTGRES_SCHEMA').sort());
    expect(given('dbt-production')).toEqual(ofDataemon);
    expect(given('dbt-local')).toEqual([...ofDataemon, 'DBT_LOCAL_PATH'].sort());
  });
});

test('services have the names and profiles of medic/cht-sync v2', async () => {
  const services = await composeServices();
  const inProfile = (profile: string) =>
    Object.keys(services).filter((name) => services[name]!.profiles.includes(profile));
  expect(inProfile('production')).toEqual(['couch2pg', 'dbt-production']);
  expect(inProfile('bastion')).toEqual(['bastion']);
  expect(inProfile('local')).toEqual(
    expect.arrayContaining(['couch2pg', 'dbt-local', 'postgres', 'couchdb', 'pgadmin', 'superset']),
  );
});

test('what runs our images has no privileges and cannot write to them; ports are for this machine alone', async () => {
  const services = Object.entries(await composeServices());
  const ours = services.filter(([, { image }]) => /cht-sync-(?:couch2pg|dataemon|bastion):/.test(image));
  expect(ours.length).toBeGreaterThan(3);
  for (const [name, service] of ours) {
    expect({ name, ...service }).toMatchObject({
      name,
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
  }
  for (const [name, { ports = [] }] of services) {
    if (name !== 'bastion') expect([name, ports.filter((port) => !port.includes('127.0.0.1:'))]).toEqual([name, []]);
  }
});

const loader = await needed('The loader of Docker Compose (built by Go)', composeLoader);

describe.skipIf(loader.missing)('the loader of Docker Compose', () => {
  test.each([
    ['local', ['couch2pg', 'dbt-local', 'postgres', 'couchdb', 'pgadmin', 'superset']],
    ['production', ['couch2pg', 'dbt-production']],
    ['production postgres', ['couch2pg', 'dbt-production', 'postgres']],
    ['production pgadmin superset bastion', ['couch2pg', 'dbt-production', 'pgadmin', 'superset', 'bastion']],
  ])('takes the profiles %s without a word', async (profiles, expected) => {
    for (const variables of [
      filledIn,
      { ...filledIn, DBT_LOCAL_PATH: './my-package', CHT_SYNC_CONFIG_DIR: './config' },
    ]) {
      const { exitCode, stdout, stderr } = await loadCompose(
        loader.value!,
        composeFile,
        profiles.split(' '),
        variables,
      );
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      const { name, services } = JSON.parse(stdout) as { name: string; services: Record<string, unknown> };
      expect(name).toBe('cht-sync');
      expect(Object.keys(services)).toEqual(expect.arrayContaining(expected));
    }
  });
});

test('a new CouchDB is given the databases that are followed, and keeps those it has', async () => {
  await using couchdb = await createTestCouchDb();
  const { hostname, port } = new URL(couchdb.url);
  const names = ['medic', 'medic-sentinel'].map((name) => `${name}-${Date.now()}`);
  const make = () =>
    run(process.execPath, [join(root, 'deploy/compose/create-databases.mjs')], {
      env: {
        ...{
          COUCHDB_HOST: hostname,
          COUCHDB_PORT: port,
          COUCHDB_USER: couchdb.user,
          COUCHDB_PASSWORD: couchdb.password,
        },
        COUCHDB_DBS: names.join(', '),
      },
    });
  const first = await make();
  expect(first).toMatchObject({ exitCode: 0, stderr: '' });
  for (const name of names) expect(first.stdout).toContain(`made ${name}`);
  expect(await make()).toEqual({ exitCode: 0, stdout: '', stderr: '' });
});
