import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { postgresVariables } from '../end-to-end/support/environment.js';
import { startOwnPostgres } from '../faults/support/own-postgres.js';
import { Random } from '../faults/support/random.js';
import { differences } from '../models/models.js';
import { Command } from '../support/command.js';
import { startDbt } from '../support/dbt.js';
import { DataemonBench, until } from './support/dataemon-bench.js';
import { incremental, tinyPackage } from './support/package.js';

const bundledModels = [
  ...['document_metadata', 'contact', 'contact_type', 'person', 'place', 'patient', 'data_record'],
  ...['user', 'feedback', 'telemetry', 'data_quality'],
];

const kills = Number(process.env.DATAEMON_KILLS ?? 4);
const seed = Number(process.env.DATAEMON_SEED ?? randomInt(1_000_000));

test(`the dataemon that is killed, again and again, leaves what the next one brings up to date (DATAEMON_SEED=${seed})`, async () => {
  await using bench = await DataemonBench.open();
  const random = new Random(seed);
  // Every other time, what the first build leaves is still filling when it is killed.
  const batches = random.chance(0.5) ? { DBT_BATCH_SIZE: '100', DBT_BATCH_ORDER: 'newest' } : {};
  const env = { ...postgresVariables(bench.database), DATAEMON_INTERVAL: '1', ...batches };
  let documents = 0;
  const write = async () => {
    const types = ['person', 'clinic', 'data_record', 'user-settings', 'feedback', 'task'];
    const docs = Array.from({ length: random.integer(1, 30) }, () => ({
      _id: `d${random.chance(0.5) ? (documents += 1) : random.integer(1, documents + 1)}`,
      type: random.pick(types),
      reported_date: random.pick([1_700_000_000_000, 'never']),
      ...(random.chance(0.15) ? { _deleted: true } : {}),
    }));
    return bench.save(...new Map(docs.map((doc) => [doc._id, doc])).values());
  };
  for (let n = 0; n < kills; n += 1) {
    await write();
    await using victim = new Command(['dataemon'], { folder: bench.folder, env });
    // The first time it installs the package and builds all models; then it starts dbt, plans and brings them on.
    const end = performance.now() + random.integer(500, n === 0 ? 9_000 : 6_000);
    while (performance.now() < end) {
      await sleep(random.integer(20, 400));
      await write();
    }
    await victim.stop('SIGKILL');
  }
  await bench.save({ _id: 'last', type: 'person' });
  await using survivor = new Command(['dataemon'], { folder: bench.folder, env });
  const isThere = async () => {
    const [found] = await bench.rows<{ there: boolean }>(`SELECT to_regclass('v1.patient') IS NOT NULL AS there`);
    if (found?.there !== true) return false;
    return (await bench.rows(`SELECT FROM v1.person WHERE uuid = 'last'`)).length === 1;
  };
  await until(isThere, 'the last document');
  await using dbt = await startDbt(bench.database);
  await dbt.run({ schema: 'refreshed', rootSchema: 'v1' }, 'run', '--full-refresh');
  const isEqual = async () => Object.keys(await differences(bench.pool, 'v1', 'refreshed', bundledModels)).length === 0;
  await until(isEqual, 'the models', 30_000).catch(async () => {
    expect(await differences(bench.pool, 'v1', 'refreshed', bundledModels), survivor.stderr).toEqual({});
  });
});

test('a PostgreSQL that crashes, and one whose disk is full, are waited for', async (context) => {
  await using postgres = await startOwnPostgres();
  await using bench = await DataemonBench.open(await postgres.createDatabase(true));
  if ('missing' in postgres.smallDisk) await context.annotate(postgres.smallDisk.missing);
  const path = await bench.package();
  const dataemon = bench.start({ kind: 'local', path });
  const isIn = (watermark: string) => () =>
    dataemon.status().upToDateWith === watermark && dataemon.status().error === null;
  await until(isIn(await bench.save({ _id: 'a', type: 'person' })), 'the models');
  await postgres.crash();
  await until(isIn(await bench.save({ _id: 'b', type: 'person' })), 'the models after the crash');

  if ('missing' in postgres.smallDisk) return;
  await bench.save(...Array.from({ length: 200 }, (_, n) => ({ _id: `full ${n}`, type: 'x'.repeat(5_000) })));
  await bench.pool.query('CREATE TABLE public.ballast (bytes text)').catch(() => undefined);
  const fill = async (bytes: number) => {
    for (;;) await bench.pool.query(`INSERT INTO public.ballast SELECT repeat(md5(random()::text), ${bytes / 32})`);
  };
  await fill(64_000).catch(() => undefined);
  await fill(32).catch(() => undefined);
  await bench.package({ 'models/child.sql': incremental(`uuid, type || '!' AS type`, `{{ ref('root') }}`) });
  await until(() => dataemon.status().error !== null, 'the full disk');
  expect(dataemon.status().error?.message).toMatch(/No space left on device/);
  await bench.pool.query('DROP TABLE public.ballast');
  const last = await bench.save({ _id: 'c', type: 'person' });
  await until(isIn(last), 'the models after all');
  await until(() => dataemon.status().models.every(({ status }) => status === 'ok'), 'the new version of one');
  const shouted = await bench.rows(`SELECT count(*)::integer FROM v1.child WHERE type LIKE '%!'`);
  expect(shouted).toEqual([{ count: 203 }]);
});

test('a model that makes dbt eat memory fails by itself, and the others go on', async () => {
  await using bench = await DataemonBench.open();
  const glutton = `SELECT {{ ('x' * (3000000000 if execute else 1)) | length }} AS length`;
  const path = await bench.package(tinyPackage({ 'models/glutton.sql': glutton }));
  const dataemon = bench.start({ kind: 'local', path });
  await bench.save({ _id: 'a', type: 'person' });
  await until(() => dataemon.status().error !== null, 'the failure');
  const inChild = async () => {
    // It comes in a layer of its own.
    const child = await bench.rows(`SELECT FROM v1.child WHERE uuid = 'a'`).catch(() => []);
    return child.length === 1;
  };
  await until(inChild, 'the others');
  const failed = dataemon.status().models.filter(({ status }) => status === 'failed');
  expect(failed.map(({ name }) => name)).toEqual(['glutton']);
});
