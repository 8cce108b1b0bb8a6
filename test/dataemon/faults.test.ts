import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { DataemonBench, until } from './support/dataemon-bench.js';
import { incremental, tinyPackage } from './support/package.js';

const slowChild = incremental(`uuid, type, pg_sleep(0.5)::text AS slept`, `{{ ref('root') }}`);

test('a model that fails holds back only those below it, is named, and is tried again by itself', async () => {
  await using bench = await DataemonBench.open();
  const path = await bench.package(
    tinyPackage({
      'models/picky.sql': incremental(`uuid, (100 / length(type))::int AS number`, `{{ ref('root') }}`),
      'models/below_picky.sql': incremental('uuid', `{{ ref('picky') }}`),
    }),
  );
  const dataemon = bench.start({ kind: 'local', path });
  await until(() => dataemon.status().state === 'idle', 'the first build');

  const watermark = await bench.save({ _id: 'good', type: 'person' }, { _id: 'bad', type: '' });
  await until(() => dataemon.status().error !== null, 'the failure');
  expect(dataemon.status().error).toMatchObject({ code: 'MODEL_FAILED' });
  expect(dataemon.status().error?.message).toMatch(/picky.*division by zero/s);
  const states = Object.fromEntries(dataemon.status().models.map(({ name, status }) => [name, status]));
  expect(states).toEqual({ root: 'ok', child: 'ok', picky: 'failed', below_picky: 'skipped' });
  expect(await bench.rows('SELECT count(*)::int FROM v1.child')).toEqual([{ count: 2 }]);
  expect(dataemon.status().upToDateWith).not.toBe(watermark);

  // Mended behind the back of the dataemon: nothing tells it.
  await bench.rows(`UPDATE v1.root SET type = 'person' WHERE uuid = 'bad'`);
  await until(() => dataemon.status().upToDateWith === watermark, 'the next try');
  await until(() => dataemon.status().state === 'idle', 'the end of the run');
  expect(dataemon.status().error).toBeNull();
  expect(await bench.rows('SELECT count(*)::int FROM v1.below_picky')).toEqual([{ count: 2 }]);
});

test('a worker that is killed in a run is replaced, and nothing is missed', async () => {
  await using bench = await DataemonBench.open();
  const path = await bench.package(tinyPackage({ 'models/child.sql': slowChild }));
  const dataemon = bench.start({ kind: 'local', path });
  await until(() => dataemon.status().state === 'idle', 'the first build');

  const watermark = await bench.save({ _id: 'a' }, { _id: 'b' });
  await until(
    () => dataemon.status().models.some((model) => model.name === 'child' && model.status === 'running'),
    'run',
  );
  process.kill(dataemon.workerPid!, 'SIGKILL');
  await until(() => dataemon.status().error?.code === 'DBT_WORKER_FAILED', 'the failure');
  await until(() => dataemon.status().upToDateWith === watermark, 'all models');
  await until(() => dataemon.status().state === 'idle', 'the end of the run');
  expect(await bench.rows('SELECT count(*)::int FROM v1.child')).toEqual([{ count: 2 }]);
  expect(dataemon.status().error).toBeNull();
});

test('a run that takes too long is stopped, also in PostgreSQL, and tried again', async () => {
  await using bench = await DataemonBench.open();
  const path = await bench.package(
    tinyPackage({
      'models/child.sql': incremental(
        `uuid, (CASE WHEN (SELECT slow FROM v1.pace) THEN pg_sleep(60) END)::text AS slept`,
        `{{ ref('root') }}`,
      ),
      'models/later.sql': incremental('uuid', `{{ ref('root') }}`),
    }),
  );
  await bench.rows('CREATE TABLE v1.pace AS SELECT true AS slow');
  const dataemon = bench.start({ kind: 'local', path }, { runTimeoutMs: 3_000 });
  await until(() => dataemon.status().state === 'idle', 'the first build');
  const watermark = await bench.save({ _id: 'a' });
  await until(() => dataemon.status().error?.code === 'DBT_WORKER_FAILED', 'the timeout');
  expect(dataemon.status().error?.message).toMatch(/did not end within/);
  await until(
    async () => (await bench.rows('SELECT FROM v1.later')).length === 1,
    'the model that would have come after it',
  );
  await bench.rows('UPDATE v1.pace SET slow = false');
  expect(
    await bench.rows(
      `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()`,
    ),
  ).toEqual([]);
  await until(() => dataemon.status().upToDateWith === watermark, 'the next try');
  const failures = await bench.rows<{ name: string; error: string }>(
    `SELECT name, error FROM v1.dataemon_run WHERE status = 'failed'`,
  );
  expect(new Set(failures.map(({ name }) => name))).toEqual(new Set(['child']));
  expect(failures[0]?.error).toMatch(/did not end within/);
});

test('a rebuild that takes too long is stopped, the table of before stays until a later try, and what was done counts as begun', async () => {
  await using bench = await DataemonBench.open();
  const edition = (how: string) =>
    tinyPackage({
      'models/child.sql': incremental(
        `uuid, ${how}(type) || coalesce((CASE WHEN (SELECT slow FROM v1.pace) THEN pg_sleep(60) END)::text, '') AS type`,
        `{{ ref('root') }}`,
      ),
      'models/fast.sql': incremental(`uuid, ${how}(type) AS type`, `{{ ref('root') }}`),
    });
  const path = await bench.package(edition('upper'));
  await bench.rows('CREATE TABLE v1.pace AS SELECT false AS slow');
  await bench.save({ _id: 'a', type: 'Person' });
  const dataemon = bench.start({ kind: 'local', path }, { rebuildTimeoutMs: 4_000, threads: 2 });
  await until(() => dataemon.status().state === 'idle' && dataemon.status().upToDateWith !== null, 'the first build');
  await bench.rows('UPDATE v1.pace SET slow = true');
  await bench.package(edition('lower'));
  await until(() => dataemon.status().error?.code === 'DBT_WORKER_FAILED', 'the timeout');
  expect(dataemon.status().error?.message).toMatch(/did not end within 4/);
  await bench.save({ _id: 'b', type: 'Place' });
  await until(async () => (await bench.rows('SELECT FROM v1.root')).length === 2, 'the model that has not changed');
  expect(await bench.rows('SELECT uuid, type FROM v1.child')).toEqual([{ uuid: 'a', type: 'PERSON' }]);
  const types = async (model: string) =>
    (await bench.rows<{ type: string }>(`SELECT type FROM v1.${model} ORDER BY uuid`)).map(({ type }) => type).join();
  await until(async () => (await types('fast')).startsWith('person'), 'the model beside it');

  // The package of before comes back: one of the two tables is that of the new one.
  await bench.package(edition('upper'));
  await bench.rows('UPDATE v1.pace SET slow = false');
  await until(async () => (await types('child')) === 'PERSON,PLACE', 'the model that took too long');
  await until(async () => (await types('fast')) === 'PERSON,PLACE', 'the other');
});

test('when all connections are cut in a run it catches up by itself', async () => {
  await using bench = await DataemonBench.open();
  const path = await bench.package(tinyPackage({ 'models/child.sql': slowChild }));
  const dataemon = bench.start({ kind: 'local', path });
  await until(() => dataemon.status().state === 'idle', 'the first build');

  const watermark = await bench.save({ _id: 'a' }, { _id: 'b' });
  await until(
    () => dataemon.status().models.some((model) => model.name === 'child' && model.status === 'running'),
    'run',
  );
  await bench.rows(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  await until(() => dataemon.status().upToDateWith === watermark, 'all models');
  await until(() => dataemon.status().state === 'idle', 'the end of the run');
  expect(dataemon.status().error).toBeNull();
  const later = await bench.save({ _id: 'c' });
  await until(() => dataemon.status().upToDateWith === later, 'a notification on the new connection', 5_000);
});

test('it waits for a PostgreSQL that is not there, and stops when told while waiting', async () => {
  await using bench = await DataemonBench.open();
  const connection = { ...bench.database.connection, port: 1 };
  const dataemon = bench.start({ kind: 'local', path: await bench.package() }, { connection });
  await until(() => dataemon.status().error !== null, 'the failure');
  expect(dataemon.status()).toMatchObject({ state: 'waiting', error: { code: 'POSTGRES_UNREACHABLE' } });
  await dataemon.stop();
  expect(dataemon.status().state).toBe('stopped');
});

test('a worker that cannot be started is told, and does not end the dataemon', async () => {
  await using bench = await DataemonBench.open();
  const dataemon = bench.start({ kind: 'local', path: await bench.package() }, { python: '/nowhere/python' });
  await until(() => dataemon.status().error !== null, 'the failure');
  expect(dataemon.status()).toMatchObject({ state: 'backing-off', error: { code: 'DBT_WORKER_FAILED' } });
  expect(dataemon.status().error?.message).toMatch(/ENOENT/);
});

test('a stop lets the run that is under way end', async () => {
  await using bench = await DataemonBench.open();
  const path = await bench.package(tinyPackage({ 'models/child.sql': slowChild }));
  const dataemon = bench.start({ kind: 'local', path });
  await until(() => dataemon.status().state === 'idle', 'the first build');
  const watermark = await bench.save({ _id: 'a' });
  await until(() => dataemon.status().state === 'running', 'the run');
  await dataemon.stop();
  expect(dataemon.status()).toMatchObject({ state: 'stopped', upToDateWith: watermark });
  expect(await bench.rows('SELECT uuid FROM v1.child')).toEqual([{ uuid: 'a' }]);
});

test('a second dataemon of the same selector stands by and takes over', async () => {
  await using bench = await DataemonBench.open();
  const source = { kind: 'local', path: await bench.package() } as const;
  const first = bench.start(source);
  await until(() => first.status().state === 'idle', 'the first build');
  const second = bench.start(source, { workFolder: `${bench.folder}/work2` });
  await sleep(1_000);
  expect(second.status().state).toBe('waiting');
  await first.stop();
  const watermark = await bench.save({ _id: 'a' });
  await until(() => second.status().upToDateWith === watermark, 'the second in its place');
  expect(await bench.rows(`SELECT DISTINCT kind FROM v1.dataemon_run ORDER BY kind`)).toEqual([
    { kind: 'full-refresh' },
    { kind: 'increment' },
  ]);
});
