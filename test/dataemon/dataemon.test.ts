import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { DataemonBench, until } from './support/dataemon-bench.js';
import { documents, incremental, tinyPackage } from './support/package.js';

test('a change is in all models soon after its notification', async () => {
  await using bench = await DataemonBench.open();
  await bench.save({ _id: 'a', type: 'person' });
  const dataemon = bench.start({ kind: 'local', path: await bench.package() }, { intervalMs: 60_000 });
  await until(() => dataemon.status().upToDateWith !== null, 'the first build');
  expect(await bench.rows('SELECT uuid, type FROM v1.child')).toEqual([{ uuid: 'a', type: 'PERSON' }]);

  const begun = Date.now();
  const watermark = await bench.save({ _id: 'b', type: 'clinic' });
  await until(() => dataemon.status().upToDateWith === watermark, 'the change in all models');
  expect(Date.now() - begun).toBeLessThan(5_000);
  expect(await bench.rows('SELECT uuid FROM v1.child ORDER BY uuid')).toEqual([{ uuid: 'a' }, { uuid: 'b' }]);
  await until(() => dataemon.status().models.every(({ rows }) => rows === 2), 'the rows counted');

  const records = await bench.rows(`SELECT name, kind, status, rows_affected FROM v1.dataemon_run ORDER BY started_at`);
  expect(records).toEqual([
    { name: 'root', kind: 'full-refresh', status: 'ok', rows_affected: '1' },
    { name: 'child', kind: 'full-refresh', status: 'ok', rows_affected: '1' },
    { name: 'root', kind: 'increment', status: 'ok', rows_affected: '1' },
    { name: 'child', kind: 'increment', status: 'ok', rows_affected: '1' },
  ]);
});

test('a change whose notification was lost is found by the poll', async () => {
  await using bench = await DataemonBench.open();
  const dataemon = bench.start({ kind: 'local', path: await bench.package() }, { intervalMs: 300 });
  await until(() => dataemon.status().state === 'idle', 'the first build');
  expect(dataemon.status().upToDateWith).toBeNull();

  await bench.rows(
    `INSERT INTO v1.couchdb (_id, saved_timestamp, doc) VALUES ('quiet', '2026-01-02 03:04:05.678901', '{}')`,
  );
  await until(() => dataemon.status().upToDateWith === '2026-01-02T03:04:05.678901', 'the change in all models');
  expect(await bench.rows('SELECT uuid FROM v1.child')).toEqual([{ uuid: 'quiet' }]);
});

test('while nothing changes nothing runs and nothing is written', async () => {
  await using bench = await DataemonBench.open();
  await bench.save({ _id: 'a' });
  const dataemon = bench.start({ kind: 'local', path: await bench.package() }, { intervalMs: 500 });
  await until(() => dataemon.status().state === 'idle', 'the first build');

  // A session that has nothing more to do tells its statistics after ten seconds (PGSTAT_IDLE_INTERVAL of PostgreSQL).
  await sleep(11_000);
  const versions = (table: string) => `(SELECT jsonb_agg(ARRAY[xmin::text, ctid::text]) FROM v1.${table})`;
  const read = async () => {
    const [row] = await bench.rows<{ rows: unknown; transactions: string }>(
      `SELECT jsonb_build_array(${['root', 'child', 'dataemon_run', '_dataemon'].map(versions).join()}) AS rows,
         (SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()) AS transactions`,
    );
    return row!;
  };
  const begin = performance.now();
  const before = await read();
  const worker = dataemon.workerPid;
  await sleep(4_000);
  const after = await read();
  const looks = (performance.now() - begin) / 500;
  // One look each half second, this test's own statements and autovacuum's; a run alone has more than thirty.
  expect(Number(after.transactions) - Number(before.transactions)).toBeLessThanOrEqual(looks + 12);
  expect(after.rows).toEqual(before.rows);
  expect(dataemon.workerPid).toBe(worker);
  expect(dataemon.status().state).toBe('idle');
});

test('batches are taken until all documents are in the models', async () => {
  await using bench = await DataemonBench.open();
  for (let n = 0; n < 7; n += 1) await bench.save({ _id: `doc${n}` });
  const batch = `{% if var('batch_size', none) %} ORDER BY saved_timestamp LIMIT {{ var('batch_size') }} {% endif %}`;
  const root = incremental(`_id AS uuid, doc->>'type' AS type`, documents) + batch;
  // Of a table that is there already, a whole one is made; the others do not wait for it.
  await bench.pool.query('CREATE TABLE v1.there (uuid text)');
  const path = await bench.package(
    tinyPackage({ 'models/root.sql': root, 'models/there.sql': `{{ config(materialized='table') }} SELECT 1 AS one` }),
  );
  const dataemon = bench.start({ kind: 'local', path }, { batchSize: 3, intervalMs: 60_000 });
  await until(() => dataemon.status().upToDateWith !== null, 'all batches');
  expect(await bench.rows('SELECT count(*)::int FROM v1.child')).toEqual([{ count: 7 }]);
  expect(
    await bench.rows(`SELECT rows_affected::int FROM v1.dataemon_run WHERE name = 'root' AND kind = 'full-refresh'`),
  ).toEqual([{ rows_affected: 3 }]);
  expect(await bench.rows('SELECT * FROM v1.there')).toEqual([{ one: 1 }]);
});

test('with batches, the bundled models fill from the oldest documents on, also over batches of nothing but deletes', async () => {
  await using bench = await DataemonBench.open();
  for (let n = 0; n < 9; n += 1)
    await bench.save({ _id: `p${n}`, type: 'person', ...(n > 2 && n < 7 && { _deleted: true }) });
  const seen: string[] = [];
  const path = join(import.meta.dirname, '../../pipeline');
  const dataemon = bench.start({ kind: 'bundled', path }, { batchSize: 2, intervalMs: 60_000 });
  dataemon.onChange(() => seen.push(dataemon.status().lastRun?.id ?? ''));
  await until(() => dataemon.status().upToDateWith !== null && dataemon.status().state === 'idle', 'all batches');
  const persons = await bench.rows<{ uuid: string }>('SELECT uuid FROM v1.person ORDER BY uuid');
  expect(persons.map(({ uuid }) => uuid)).toEqual(['p0', 'p1', 'p2', 'p7', 'p8']);
  // Five batches, of which the first makes the tables, layer by layer.
  expect(new Set(seen).size).toBeGreaterThan(5);
});

test('with batches from the newest documents on, what is new comes first, and in the end nothing is missing', async () => {
  await using bench = await DataemonBench.open();
  for (let n = 0; n < 9; n += 1) await bench.save({ _id: `p${n}`, type: 'person', edition: 0 });
  await bench.save({ _id: 'p8', _deleted: true });
  const path = await bench.package({
    'dbt_project.yml': tinyPackage()['dbt_project.yml']!,
    'packages.yml': 'packages: [{ local: cht_pipeline }]\n',
    'models/in_order.sql': incremental('uuid', `{{ ref('cht_pipeline', 'person') }}`),
  });
  const options = { batchSize: 2, batchOrder: 'newest', intervalMs: 60_000 } as const;
  const uuids = async (model: string) => {
    const rows = bench.rows<{ uuid: string }>(`SELECT uuid FROM v1.${model} ORDER BY uuid`).catch(() => []);
    return (await rows).map(({ uuid }) => uuid);
  };
  const first = bench.start({ kind: 'local', path }, options);
  const hasBegun = async () => (await uuids('document_metadata')).length > 0;
  await until(hasBegun, 'the first batch');
  await first.stop();
  const begun = await uuids('document_metadata');
  expect(begun).toContain('p7');
  expect(begun).not.toContain('p0');

  // What comes meanwhile is not behind what is older; an old document that is edited is a new one.
  await bench.save(
    { _id: 'new', type: 'person' },
    { _id: 'p1', type: 'person', edition: 1 },
    { _id: 'p2', _deleted: true },
  );
  await bench.pool.query(`
    CREATE TABLE public.arrival (n serial, uuid text);
    CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN INSERT INTO public.arrival (uuid) VALUES (new.uuid); RETURN NULL; END $$;
    CREATE TRIGGER note AFTER INSERT OR UPDATE ON v1.document_metadata FOR EACH ROW EXECUTE FUNCTION public.note()`);
  const second = bench.start({ kind: 'local', path }, options);
  const isIdle = () => second.status().upToDateWith !== null && second.status().state === 'idle';
  await until(isIdle, 'all batches');
  const rows = await bench.rows<{ uuid: string }>('SELECT uuid FROM public.arrival ORDER BY n');
  const arrivals = rows.map(({ uuid }) => uuid);
  expect(arrivals.at(-1)).toBe('p0');
  expect(arrivals.filter((uuid) => uuid === 'p1')).toHaveLength(1);
  const all = ['new', 'p0', 'p1', 'p3', 'p4', 'p5', 'p6', 'p7'];
  expect(await uuids('person')).toEqual(all);
  // It takes only what is newer than all that it has, so it must not have begun before what it reads was whole.
  expect(await uuids('in_order')).toEqual(all);
});

test('an ephemeral model is in those that read it at every run', async () => {
  await using bench = await DataemonBench.open();
  await bench.save({ _id: 'a', type: 'person' });
  const path = await bench.package(
    tinyPackage({
      'models/typed.sql': `{{ config(materialized='ephemeral') }} SELECT * FROM ${documents} WHERE doc ? 'type'`,
      'models/root.sql': incremental(`_id AS uuid, doc->>'type' AS type`, `{{ ref('typed') }}`),
    }),
  );
  const dataemon = bench.start({ kind: 'local', path });
  for (const _id of ['b', 'c', 'd']) {
    const watermark = await bench.save({ _id, type: 'person' }, { _id: `${_id} without type` });
    await until(() => dataemon.status().upToDateWith === watermark, `${_id} in all models`);
  }
  expect(dataemon.status().models.map(({ name }) => name)).toEqual(['child', 'root']);
  expect(await bench.rows('SELECT count(*)::int FROM v1.child')).toEqual([{ count: 4 }]);
});
