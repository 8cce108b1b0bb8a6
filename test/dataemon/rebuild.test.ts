import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DataemonBench, until } from './support/dataemon-bench.js';

const model = (from: string, columns: string, condition = 'true') =>
  `{{ config(unique_key='uuid', indexes=[{'columns': ['uuid'], 'unique': true}], meta={'changes': '${from}'}) }}
select ${from}.uuid, ${from}.saved_timestamp, ${columns}
from {{ ref('${from}') }} as ${from}
where {{ cht_pipeline.changed('${from}.saved_timestamp') }} and ${condition}
`;
/** Waits, while it is built, for whoever holds the table `gate`. */
const slowModel = (from: string, columns: string, condition: string) =>
  model(from, columns, `${condition} and (select count(*) from public.gate) = 0`);
const ofDocuments = slowModel('document_metadata', 'document_metadata.doc_type', 'true');
const ofPersons = slowModel(
  'contact',
  'contact.contact_type',
  `contact.contact_type in (select id from {{ ref('contact_type') }} where person)`,
);

/** The bundled package in a folder, its models built, and a gate. */
async function scene() {
  const bench = await DataemonBench.open();
  const path = join(bench.folder, 'package');
  await cp(join(import.meta.dirname, '../../pipeline'), path, { recursive: true });
  await bench.save({ _id: 'a', type: 'person' }, { _id: 'b', type: 'person' }, { _id: 'c', type: 'clinic' });
  const dataemon = bench.start({ kind: 'local', path });
  const isIdle = () => dataemon.status().state === 'idle' && dataemon.status().upToDateWith !== null;
  await until(isIdle, 'the models');
  await bench.pool.query('CREATE TABLE public.gate (n integer)');
  const keeper = await bench.pool.connect();
  const isWaiting = async () =>
    (await bench.rows(`SELECT FROM pg_locks WHERE relation = 'public.gate'::regclass AND NOT granted`)).length > 0;
  /** Of a model that is not there yet, none. */
  const uuids = async (model: string) => {
    const rows = bench.rows<{ uuid: string }>(`SELECT uuid FROM v1.${model} ORDER BY uuid`).catch(() => []);
    return (await rows).map(({ uuid }) => uuid).join();
  };
  return {
    ...{ bench, dataemon, isIdle, isWaiting, uuids },
    /** Has a model built that nothing holds up. */
    write: (name: string, sql: string) => writeFile(join(path, `models/${name}.sql`), sql),
    /** Has the model built, and holds it up until the function returned is called. */
    build: async (sql: string) => {
      await keeper.query('BEGIN; LOCK TABLE public.gate');
      await writeFile(join(path, 'models/slow.sql'), sql);
      await until(isWaiting, 'the build');
      return () => keeper.query('COMMIT');
    },
    until: (model: string, expected: string) =>
      until(async () => (await uuids(model)) === expected, `${expected} in ${model}`),
    [Symbol.asyncDispose]: async () => {
      await keeper.query('ROLLBACK');
      keeper.release();
      await bench[Symbol.asyncDispose]();
    },
  };
}

test('other models are brought on while one is rebuilt, and it has what came and went meanwhile', async () => {
  await using here = await scene();
  const { bench, dataemon } = here;
  const letGo = await here.build(ofDocuments);
  await bench.save({ _id: 'a', _deleted: true }, { _id: 'd', type: 'person' });
  await here.until('person', 'b,d');
  await bench.save({ _id: 'c', type: 'person' });
  await here.until('person', 'b,c,d');
  expect(dataemon.status().state).toBe('building');
  expect(await here.isWaiting()).toBe(true);
  await letGo();
  await here.until('slow', 'b,c,d');
  expect(await bench.rows(`SELECT DISTINCT doc_type FROM v1.slow`)).toEqual([{ doc_type: 'person' }]);
  const keys = await bench.rows(`SELECT FROM pg_constraint WHERE conrelid = 'v1.slow'::regclass AND contype = 'f'`);
  expect(keys).toHaveLength(1);
});

test('a model that is made anew is brought on as it was until then, with what is below it, and has nothing of that afterwards', async () => {
  await using here = await scene();
  const { bench, dataemon } = here;
  await here.write('slow', model('document_metadata', `'before' as version`));
  await here.write('below', model('slow', 'slow.version'));
  await here.until('below', 'a,b,c');
  const letGo = await here.build(slowModel('document_metadata', `'now' as version`, 'true'));
  await bench.save({ _id: 'a', _deleted: true }, { _id: 'd', type: 'person' });
  await here.until('below', 'b,c,d');
  await bench.save({ _id: 'b', type: 'clinic' }, { _id: 'e', type: 'person' });
  await here.until('below', 'b,c,d,e');
  expect(await here.uuids('slow')).toBe('b,c,d,e');
  expect(dataemon.status().state).toBe('building');
  expect(await here.isWaiting()).toBe(true);
  await letGo();
  for (const name of ['slow', 'below']) {
    const versions = `SELECT version, count(*)::int FROM v1.${name} GROUP BY version`;
    await until(async () => JSON.stringify(await bench.rows(versions)) === '[{"version":"now","count":4}]', name);
  }
  await until(here.isIdle, 'the end');
});

test('who reads for long what a table points to keeps nobody else from it when that is made anew', async () => {
  await using here = await scene();
  const { bench } = here;
  await here.write('slow', model('document_metadata', `'before' as version`));
  await here.until('slow', 'a,b,c');
  const reader = await bench.pool.connect();
  await reader.query('BEGIN; SELECT FROM v1.document_metadata LIMIT 1');
  await here.write('slow', model('document_metadata', `'now' as version`));
  const versions = () => bench.rows('SELECT DISTINCT version FROM v1.slow');
  await until(async () => JSON.stringify(await versions()) === '[{"version":"now"}]', 'the new table');
  await until(
    async () => (await bench.rows(`SELECT FROM pg_stat_activity WHERE query ~ 'drop table'`)).length > 0,
    'the drop of the old one',
  );
  await bench.save({ _id: 'd', type: 'person' });
  await here.until('document_metadata', 'a,b,c,d');
  expect(await bench.rows(`SELECT to_regclass('v1.slow__dbt_backup') IS NULL AS gone`)).toEqual([{ gone: false }]);
  await reader.query('COMMIT');
  reader.release();
  await here.until('slow', 'a,b,c,d');
  expect(await bench.rows(`SELECT to_regclass('v1.slow__dbt_backup') IS NULL AS gone`)).toEqual([{ gone: true }]);
});

test('settings that come while a model below them is built, or built anew, hold nothing up and reach it', async () => {
  await using here = await scene();
  const { bench } = here;
  const settings = (person: boolean) => ({
    ...{ _id: 'settings', settings: { contact_types: [{ id: 'clinic', person }] } },
  });
  const first = await here.build(ofPersons);
  await bench.save(settings(true));
  await bench.save({ _id: 'd', type: 'task' });
  await here.until('document_metadata', 'a,b,c,d,settings');
  await first();
  await here.until('slow', 'a,b,c');
  const again = await here.build(`${ofPersons}-- edited`);
  await bench.save(settings(false));
  await bench.save({ _id: 'e', type: 'person' });
  await here.until('document_metadata', 'a,b,c,d,e,settings');
  await here.until('contact', 'a,b,c,e');
  await again();
  await here.until('slow', 'a,b,e');
  await here.until('person', 'a,b,e');
  await until(here.isIdle, 'the end');
});

test('a rebuild whose process dies is tried again after growing pauses, and other models go on', async () => {
  await using here = await scene();
  const { bench, dataemon } = here;
  const letGo = await here.build(ofDocuments);
  const starts: number[] = [];
  while (starts.length < 3) {
    await until(here.isWaiting, 'the next try');
    starts.push(performance.now());
    process.kill(dataemon.workerPid!, 'SIGKILL');
    await until(() => dataemon.status().error?.code === 'DBT_WORKER_FAILED', 'the failure');
    await bench.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = 'public.gate'::regclass AND NOT granted`,
    );
    await bench.save({ _id: `during ${starts.length}`, type: 'person' });
    await until(async () => (await here.uuids('person')).includes(`during ${starts.length}`), 'the others');
  }
  // The second pause is of two seconds and the try itself, at least half of them.
  expect(starts[2]! - starts[1]!).toBeGreaterThan(1_000);
  await letGo();
  await here.until('slow', 'a,b,c,during 1,during 2,during 3');
});
