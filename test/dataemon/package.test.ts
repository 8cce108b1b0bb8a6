import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { postgresVariables } from '../end-to-end/support/environment.js';
import { Command } from '../support/command.js';
import { DataemonBench, until } from './support/dataemon-bench.js';
import { documents, incremental, tinyPackage, writeFiles } from './support/package.js';
import { neededProgram, orSkip } from '../support/needed.js';

const run = promisify(execFile);

const withForeignKey = `models:
  - name: root
    config: { contract: { enforced: true } }
    columns:
      - { name: uuid, data_type: text, constraints: [{ type: unique }] }
      - { name: type, data_type: text }
      - { name: saved_timestamp, data_type: timestamp }
  - name: child
    config: { contract: { enforced: true } }
    constraints:
      - { type: foreign_key, columns: [uuid], expression: "{{ env_var('POSTGRES_SCHEMA') }}.root (uuid) ON DELETE CASCADE" }
    columns:
      - { name: uuid, data_type: text }
      - { name: type, data_type: text }
      - { name: saved_timestamp, data_type: timestamp }
`;

test('a changed model is built anew with those below it, and remembered only after success', async () => {
  await using bench = await DataemonBench.open();
  await bench.save({ _id: 'a', type: 'person' });
  const path = await bench.package(
    tinyPackage({ 'models/models.yml': withForeignKey, 'models/other.sql': 'SELECT 1 AS one' }),
  );
  const dataemon = bench.start({ kind: 'local', path }, { intervalMs: 300 });
  await until(() => dataemon.status().state === 'idle', 'the first build');
  const stored = `SELECT manifest -> 'models' AS models FROM v1._dataemon ORDER BY inserted_on`;
  const keys = `SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = 'v1.child'::regclass`;
  const first = (await bench.rows(stored)).at(-1);
  expect(await bench.rows(keys)).toHaveLength(1);
  const start = new Date().toISOString();

  // It cannot be built: the table stays as it was, the others go on, and the manifest is the one from before.
  await bench.package({
    'models/root.sql': incremental(`_id AS uuid, (1 / 0)::text AS type`, '{{ env_var("POSTGRES_SCHEMA") }}.couchdb'),
  });
  await until(() => dataemon.status().error?.code === 'MODEL_FAILED', 'the failure');
  expect(await bench.rows('SELECT uuid, type FROM v1.child')).toEqual([{ uuid: 'a', type: 'PERSON' }]);
  await expect.poll(async () => (await bench.rows(stored)).at(-1)).toEqual(first);

  await bench.package({
    'models/root.sql': incremental(`_id AS uuid, 'edited' AS type`, '{{ env_var("POSTGRES_SCHEMA") }}.couchdb'),
  });
  await until(() => dataemon.status().state === 'idle' && dataemon.status().error === null, 'the mended package');
  expect(await bench.rows('SELECT uuid, type FROM v1.child')).toEqual([{ uuid: 'a', type: 'EDITED' }]);
  expect(await bench.rows(keys)).toHaveLength(1);
  expect((await bench.rows(stored)).at(-1)).not.toEqual(first);
  const rebuilt = `SELECT DISTINCT name FROM v1.dataemon_run WHERE kind = 'full-refresh' AND status = 'ok' AND started_at > '${start}' ORDER BY name`;
  expect(await bench.rows(rebuilt)).toEqual([{ name: 'child' }, { name: 'root' }]);

  // A restart finds all as it should be.
  await dataemon.stop();
  const again = bench.start({ kind: 'local', path });
  await until(() => again.status().state === 'idle', 'the second start');
  expect(again.status().lastRun?.kind).toBe('increment');
});

test('while updates cannot be built, the models go on as they were before, also after a restart', async () => {
  await using bench = await DataemonBench.open();
  await bench.save({ _id: 'a', type: 'person' });
  const root = (type: string) => ({ 'models/root.sql': incremental(`_id AS uuid, ${type} AS type`, documents) });
  const whole = {
    'models/whole.sql': `{{ config(materialized='table') }} SELECT count(*) AS n FROM {{ ref('child') }}`,
  };
  const path = await bench.package(tinyPackage(whole));
  const source = { kind: 'local', path } as const;
  const dataemon = bench.start(source, { intervalMs: 300 });
  await until(() => dataemon.status().state === 'idle', 'the first build');
  const child = async () =>
    (await bench.rows<{ row: string }>(`SELECT uuid || ' ' || type AS row FROM v1.child ORDER BY 1`))
      .map(({ row }) => row)
      .join();
  const counted = async () => (await bench.rows<{ n: string }>('SELECT n FROM v1.whole'))[0]?.n;
  const failing = () =>
    bench.rows(
      `SELECT name, status, error ~ 'division' AS is_told FROM v1.dataemon_model WHERE status <> 'ok' ORDER BY name`,
    );
  const told = [
    { name: 'child', status: 'pending', is_told: null },
    { name: 'root', status: 'failed', is_told: true },
    { name: 'whole', status: 'pending', is_told: null },
  ];

  await bench.package(root('(1 / 0)::text'));
  await until(() => dataemon.status().error?.code === 'MODEL_FAILED', 'the failure');
  const later = await bench.save({ _id: 'b', type: 'clinic' });
  await until(async () => (await child()) === 'a PERSON,b CLINIC', 'the models of before');
  await until(async () => (await counted()) === '2', 'the table that is made anew in each run');
  await until(() => dataemon.status().upToDateWith === later, 'that all have it');
  expect(dataemon.status().error?.code).toBe('MODEL_FAILED');
  expect(await failing()).toEqual(told);

  await bench.package({
    ...root(`'none'::integer::text`),
    'models/child.sql': incremental('uuid, lower(type) AS type', `{{ ref('root') }}`),
  });
  await until(() => (dataemon.status().error?.message ?? '').includes('type integer'), 'the second failure');
  await bench.save({ _id: 'a', type: 'nurse' }, { _id: 'c', type: 'person' });
  await until(async () => (await child()) === 'a NURSE,b CLINIC,c PERSON', 'the models of before');
  await until(async () => (await counted()) === '3', 'the table that is made anew in each run');

  await dataemon.stop();
  const again = bench.start(source, { intervalMs: 300 });
  await until(() => again.status().error?.code === 'MODEL_FAILED', 'the failure again');
  await bench.save({ _id: 'd', type: 'person' });
  await until(async () => (await child()).endsWith('d PERSON'), 'the models of before');

  await bench.package(root(`'edited'`));
  await until(async () => (await child()) === 'a edited,b edited,c edited,d edited', 'the mended package');
  await until(() => again.status().state === 'idle' && again.status().error === null, 'the end');
  expect(await counted()).toBe('4');
  const [folder] = await readdir(`${bench.folder}/work`);
  expect((await readdir(`${bench.folder}/work/${folder}`)).filter((name) => name.startsWith('package-'))).toHaveLength(
    1,
  );
});

test('a package that an update has replaced brings on its own tables, whatever it makes them of, and does nothing else', async () => {
  await using bench = await DataemonBench.open();
  await bench.save({ _id: 'a', type: 'Person' });
  const edition = (name: string, root: string, whole: string) =>
    tinyPackage({
      'dbt_project.yml': `${tinyPackage()['dbt_project.yml']}on-run-start: "create or replace function v1.said() returns text language sql as $$ select '${name}' $$"\n`,
      'models/root.sql': incremental(`_id AS uuid, ${root} AS type`, documents),
      'models/whole.sql': `{{ config(materialized='table') }} SELECT ${whole} AS n FROM {{ ref('seen') }}`,
      'models/seen.sql': `{{ config(materialized='view') }} SELECT * FROM ${documents}`,
    });
  const path = await bench.package(edition('before', `doc->>'type'`, 'count(*)'));
  const dataemon = bench.start({ kind: 'local', path }, { intervalMs: 300 });
  await until(() => dataemon.status().state === 'idle', 'the first build');
  const counted = async () => (await bench.rows<{ n: string }>('SELECT n FROM v1.whole'))[0]?.n;
  const failsBy = (words: RegExp) =>
    until(
      async () =>
        (await bench.rows<{ error: string }>(`SELECT error FROM v1.dataemon_model WHERE name = 'whole'`)).some(
          ({ error }) => words.test(error),
        ),
      String(words),
    );

  await bench.package(edition('now', '(1 / 0)::text', 'count(*) / (count(*) - count(*))'));
  await failsBy(/division/);
  // As `dbt run --full-refresh --select child` of the new package does, by hand.
  await bench.pool.query(`BEGIN; ALTER TABLE v1.child RENAME TO old;
    CREATE TABLE v1.child AS SELECT uuid, lower(type) AS type, saved_timestamp FROM v1.old; DROP TABLE v1.old; COMMIT`);
  await bench.save({ _id: 'b', type: 'Clinic' });
  await until(async () => (await counted()) === '2', 'the table that is made anew in each run');
  expect(await bench.rows('SELECT uuid FROM v1.root ORDER BY uuid')).toEqual([{ uuid: 'a' }, { uuid: 'b' }]);
  expect(await bench.rows('SELECT type FROM v1.child')).toEqual([{ type: 'person' }]);
  expect(await bench.rows('SELECT v1.said()')).toEqual([{ said: 'now' }]);

  await bench.package(edition('now', '(1 / 0)::text', `count(*) + 'none'::integer`));
  await failsBy(/type integer/);
  await bench.save({ _id: 'c', type: 'Clinic' });
  await until(async () => (await counted()) === '3', 'the table that is made anew in each run, after another update');
});

test('a package that is taken back after its rebuild was killed leaves nothing of it in the tables', async () => {
  await using bench = await DataemonBench.open();
  await bench.save({ _id: 'a', type: 'Person' });
  await bench.pool.query('CREATE TABLE public.gate (n integer)');
  const edition = (how: string) =>
    tinyPackage({
      'models/child.sql': incremental(`uuid, ${how}(type) AS type`, `{{ ref('root') }}`),
      'models/held.sql': `{{ config(materialized='table') }} SELECT count(*) AS n, '${how}' AS how FROM public.gate`,
    });
  const path = await bench.package(edition('upper'));
  const env = { ...postgresVariables(bench.database), DBT_LOCAL_PATH: path, DBT_THREAD_COUNT: '2' };
  const types = () => bench.rows('SELECT type FROM v1.child').catch(() => []);
  const becomes = (type: string) =>
    until(async () => JSON.stringify(await types()) === JSON.stringify([{ type }]), type);

  await using victim = new Command(['dataemon'], { folder: bench.folder, env });
  await becomes('PERSON');
  const keeper = await bench.pool.connect();
  await keeper.query('BEGIN; LOCK TABLE public.gate');
  await bench.package(edition('lower'));
  await becomes('person');
  await victim.stop('SIGKILL');
  await keeper.query('ROLLBACK');
  keeper.release();

  await bench.package(edition('upper'));
  const survivor = bench.start({ kind: 'local', path }, { workFolder: `${bench.folder}/survivor` });
  await becomes('PERSON');
  await until(() => survivor.status().state === 'idle', 'the end');
  expect(await bench.rows('SELECT how FROM v1.held')).toEqual([{ how: 'upper' }]);
});

test('what a rebuild has built before it was ended is not built again', async () => {
  await using bench = await DataemonBench.open();
  await bench.save({ _id: 'a', type: 'person' });
  await bench.pool.query('CREATE TABLE public.gate (n integer)');
  const keeper = await bench.pool.connect();
  await keeper.query('BEGIN; LOCK TABLE public.gate');
  const held = incremental(`_id AS uuid, (SELECT count(*) FROM public.gate) AS n`, documents);
  const path = await bench.package(tinyPackage({ 'models/the_second.sql': held }));
  const first = bench.start({ kind: 'local', path });
  const remembered = `SELECT FROM v1._dataemon WHERE manifest -> 'models' ? 'model.tiny.root'`;
  await until(async () => (await bench.rows(remembered)).length > 0, 'the first of two models');
  const relation = async () => (await bench.rows(`SELECT 'v1.root'::regclass::oid AS id`))[0];
  const built = await relation();
  await first.stop();
  await keeper.query('ROLLBACK');
  keeper.release();
  const second = bench.start({ kind: 'local', path });
  await until(() => second.status().state === 'idle' && second.status().upToDateWith !== null, 'all of them');
  expect(await relation()).toEqual(built);
  expect(await bench.rows('SELECT uuid FROM v1.child JOIN v1.the_second USING (uuid)')).toEqual([{ uuid: 'a' }]);
});

test('a package that does not parse is told, and the models of the last good one go on', async () => {
  await using bench = await DataemonBench.open();
  const path = await bench.package();
  const dataemon = bench.start({ kind: 'local', path }, { intervalMs: 300 });
  await until(() => dataemon.status().state === 'idle', 'the first build');

  await bench.package({ 'models/child.sql': `SELECT * FROM {{ ref('nowhere') }}` });
  await until(() => dataemon.status().error !== null, 'the failure');
  expect(dataemon.status().error).toMatchObject({ code: 'PACKAGE_BROKEN' });
  expect(dataemon.status().error?.message).toMatch(/nowhere/);
  const problems = () =>
    bench.rows(`SELECT code, message ~ 'nowhere' AS names, ended_at IS NULL AS lasts FROM v1.dataemon_problem`);
  await until(async () => (await problems()).length > 0, 'the failure to be written down');
  expect(await problems()).toEqual([{ code: 'PACKAGE_BROKEN', names: true, lasts: true }]);
  const watermark = await bench.save({ _id: 'a', type: 'person' });
  await until(() => dataemon.status().upToDateWith === watermark, 'the models of the last good package');

  // Also a restart has the last good one.
  await dataemon.stop();
  const again = bench.start({ kind: 'local', path }, { intervalMs: 300 });
  await until(() => again.status().error?.code === 'PACKAGE_BROKEN', 'the failure again');
  const later = await bench.save({ _id: 'b', type: 'person' });
  await until(() => again.status().upToDateWith === later, 'the models of the last good package again');

  await bench.package(tinyPackage());
  await until(() => again.status().error === null, 'the mended package');
  await until(async () => JSON.stringify(await problems()).includes('"lasts":false'), 'that it has passed');
});

test('a package comes from a revision of a git repository, and goes on without it', async ({ skip }) => {
  orSkip(await neededProgram('git'), skip);
  await using bench = await DataemonBench.open();
  await bench.save({ _id: 'a', type: 'person' });
  const work = await bench.package();
  const git = (...args: string[]) => run('git', ['-C', work, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args]);
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '.');
  await git('commit', '--quiet', '-m', 'first');
  await git('tag', 'v1');
  await writeFiles(work, { 'models/later.sql': 'SELECT 1 AS one' });
  await git('add', '.');
  await git('commit', '--quiet', '-m', 'second');
  const bare = join(bench.folder, 'bare.git');
  await run('git', ['clone', '--quiet', '--bare', work, bare]);

  const source = { kind: 'git', url: `file://${bare}#v1` } as const;
  const dataemon = bench.start(source);
  await until(() => dataemon.status().state === 'idle', 'the first build');
  expect(dataemon.status().models.map(({ name }) => name)).toEqual(['child', 'root']);
  await dataemon.stop();

  await rename(bare, `${bare}.gone`);
  const offline = bench.start(source);
  const watermark = await bench.save({ _id: 'b', type: 'person' });
  await until(() => offline.status().upToDateWith === watermark, 'the models without the repository');
  expect(offline.status().error?.code).toBe('PACKAGE_BROKEN');
  await offline.stop();

  await rename(`${bare}.gone`, bare);
  const main = bench.start({ kind: 'git', url: `file://${bare}#main` });
  await until(() => main.status().models.length === 3, 'the models of the other revision');
});

test('a package comes as a tarball from a web server', async () => {
  await using bench = await DataemonBench.open();
  await bench.save({ _id: 'a', type: 'person' });
  await bench.package();
  const archive = join(bench.folder, 'package.tar.gz');
  await run('tar', ['-czf', archive, '-C', bench.folder, 'package']);
  const body = await readFile(archive);
  const server = createServer((request, response) => {
    response.setHeader('etag', '"1"');
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/package.tar.gz`;
  try {
    const dataemon = bench.start({ kind: 'tarball', url }, { environment: { ...process.env, no_proxy: '127.0.0.1' } });
    await until(() => dataemon.status().state === 'idle', 'the first build');
    expect(await bench.rows('SELECT uuid, type FROM v1.child')).toEqual([{ uuid: 'a', type: 'PERSON' }]);
  } finally {
    server.close();
  }
});

test('dataemons of a named selector and of an expression share the models; what one builds moves the other on', async () => {
  await using bench = await DataemonBench.open();
  const selectors = `selectors:\n  - { name: base_models, definition: { method: fqn, value: root } }\n`;
  const path = await bench.package(tinyPackage({ 'selectors.yml': selectors }));
  const base = bench.start({ kind: 'local', path }, { selector: 'base_models' });
  await until(() => base.status().state === 'idle', 'the base models');
  expect(base.status().models.map(({ name }) => name)).toEqual(['root']);
  const rest = bench.start({ kind: 'local', path }, { selector: 'child' });
  await until(() => rest.status().state === 'idle', 'the other models');
  expect(rest.status().models.map(({ name }) => name)).toEqual(['child']);

  const watermark = await bench.save({ _id: 'a', type: 'person' });
  await until(() => base.status().upToDateWith === watermark, 'the base models');
  await until(async () => (await bench.rows('SELECT uuid FROM v1.child')).length === 1, 'the model that reads them');
  const selected = await bench.rows(`SELECT DISTINCT dbt_selector FROM v1._dataemon ORDER BY dbt_selector`);
  expect(selected).toEqual([{ dbt_selector: 'base_models' }, { dbt_selector: 'child' }]);

  const none = bench.start({ kind: 'local', path }, { selector: 'misspelt' });
  await until(() => none.status().error !== null, 'the failure');
  expect(none.status().error).toMatchObject({ code: 'PACKAGE_BROKEN' });
  expect(none.status().error?.message).toMatch(/"misspelt" names no model/);
});

test('models that medic/cht-sync v2 has built from the same package are not built again', async () => {
  await using bench = await DataemonBench.open();
  await bench.save({ _id: 'a', type: 'person' });
  const path = await bench.package();
  // As v2 leaves it: the tables, and dbt's whole manifest.
  const project = await writeFiles(join(bench.folder, 'v2'), {
    'dbt_project.yml': await readFile('dbt/dbt_project.yml', 'utf8'),
    'profiles.yml': await readFile('dbt/profiles.yml', 'utf8'),
  });
  const { host, port, user, password, database } = bench.database.connection;
  const env = {
    ...process.env,
    ...{ POSTGRES_HOST: host, POSTGRES_PORT: String(port), POSTGRES_USER: user, POSTGRES_PASSWORD: password },
    ...{ POSTGRES_DB: database, POSTGRES_SCHEMA: 'v1', POSTGRES_TABLE: 'couchdb' },
  };
  await mkdir(join(project, 'dbt_packages'));
  await symlink(path, join(project, 'dbt_packages/tiny'));
  const dbt = join(process.cwd(), '.python/bin/dbt');
  await run(dbt, ['run', '--project-dir', project, '--profiles-dir', project], { env });
  await bench.pool.query(`INSERT INTO v1._dataemon (inserted_on, packages, manifest) VALUES (now(), '[]', $1)`, [
    await readFile(join(project, 'target/manifest.json'), 'utf8'),
  ]);
  await rm(project, { recursive: true });

  const watermark = await bench.save({ _id: 'b', type: 'person' });
  const dataemon = bench.start({ kind: 'local', path });
  await until(() => dataemon.status().upToDateWith === watermark, 'the models');
  const kinds = () => bench.rows(`SELECT DISTINCT kind FROM v1.dataemon_run`);
  await until(async () => (await kinds()).length > 0, 'the record of the run');
  expect(await kinds()).toEqual([{ kind: 'increment' }]);
});
