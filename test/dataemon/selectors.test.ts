import { expect, test } from 'vitest';
import { postgresVariables } from '../end-to-end/support/environment.js';
import { Command } from '../support/command.js';
import { DataemonBench, until } from './support/dataemon-bench.js';
import { documents, incremental, tinyPackage } from './support/package.js';

/** Loses what has been deleted, which dbt does not count, before it takes what is new. */
const handWritten = `{{ config(
  materialized='incremental', unique_key='uuid',
  pre_hook="{% if is_incremental() %} DELETE FROM {{ this }} WHERE uuid IN (SELECT _id FROM ${documents} WHERE _deleted) {% endif %}"
) }}
SELECT _id AS uuid, saved_timestamp FROM ${documents} WHERE NOT _deleted
{% if is_incremental() %} AND saved_timestamp > (SELECT coalesce(max(saved_timestamp), 'epoch') FROM {{ this }}) {% endif %}
`;

const count = (table: string) =>
  `{{ config(materialized='table') }} SELECT count(*)::int AS count FROM {{ ref('${table}') }}`;

test('what a dataemon only deletes, and what it has no time to write down, reaches the models that another builds', async () => {
  await using bench = await DataemonBench.open();
  await bench.save(...['p1', 'p2', 'p3'].map((_id) => ({ _id, type: 'person' })));
  const path = await bench.package({
    'dbt_project.yml': tinyPackage()['dbt_project.yml']!,
    'packages.yml': 'packages: [{ local: cht_pipeline }]\n',
    'models/by_hand.sql': handWritten,
    'models/persons.sql': count('person'),
    'models/all_by_hand.sql': count('by_hand'),
  });
  const env = {
    ...postgresVariables(bench.database),
    ...{ DBT_LOCAL_PATH: path, DBT_SELECTOR: '+person by_hand', DBT_INCREMENTS: 'dbt' },
  };
  const counts = async () => {
    const sql = 'SELECT (SELECT count FROM v1.persons) AS persons, (SELECT count FROM v1.all_by_hand) AS by_hand';
    return (await bench.rows<{ persons: number; by_hand: number }>(sql).catch(() => []))[0];
  };
  const become = (n: number) =>
    until(async () => JSON.stringify(await counts()) === JSON.stringify({ persons: n, by_hand: n }), `${n} each`);

  await using above = new Command(['dataemon'], { folder: bench.folder, env });
  bench.start({ kind: 'local', path }, { selector: 'persons all_by_hand', workFolder: `${bench.folder}/below` });
  await become(3);
  // The one below is done with a change before the one above has begun with it.
  await bench.pool.query(`
      CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2); RETURN NULL; END $$;
      CREATE TRIGGER slow BEFORE DELETE ON v1.document_metadata FOR EACH STATEMENT EXECUTE FUNCTION public.slow();
      CREATE TRIGGER slow BEFORE DELETE ON v1.by_hand FOR EACH STATEMENT EXECUTE FUNCTION public.slow()`);
  await bench.save({ _id: 'p1', _deleted: true });
  await become(2);

  // It is killed between its commit and the record of it.
  const keeper = await bench.pool.connect();
  await keeper.query('BEGIN; LOCK TABLE v1.dataemon_run, v1.dataemon_model IN SHARE MODE');
  await bench.save({ _id: 'p2', _deleted: true });
  const isCommitted = async () => (await bench.rows(`SELECT FROM v1.person`)).length === 1;
  await until(isCommitted, 'the commit');
  await above.stop('SIGKILL');
  await keeper.query('COMMIT');
  keeper.release();
  await until(async () => (await counts())?.persons === 1, 'the persons');
});

test('a model that was built anew before the one above it, which another dataemon builds, is built anew once more after it', async () => {
  await using bench = await DataemonBench.open();
  await bench.save({ _id: 'p1', type: 'Person' });
  const edition = (how: string) =>
    tinyPackage({
      'models/above.sql': `{{ config(materialized='table') }} SELECT uuid, ${how}(type) AS kind, saved_timestamp FROM {{ ref('root') }}`,
      'models/below.sql': incremental(`uuid, kind, '${how}' AS edition`, `{{ ref('above') }}`),
    });
  const path = await bench.package(edition('upper'));
  const startAbove = () => bench.start({ kind: 'local', path }, { selector: 'root child above' });
  const below = () => bench.rows('SELECT kind, edition FROM v1.below').catch(() => []);
  const become = (kind: string, of: string) =>
    until(async () => JSON.stringify(await below()) === JSON.stringify([{ kind, edition: of }]), `${kind} of ${of}`);

  const above = startAbove();
  bench.start({ kind: 'local', path }, { selector: 'below' });
  await become('PERSON', 'upper');
  await above.stop();
  await bench.package(edition('lower'));
  await become('PERSON', 'lower');
  startAbove();
  await become('person', 'lower');
  expect(await bench.rows('SELECT DISTINCT kind FROM v1.above')).toEqual([{ kind: 'person' }]);
});

test('who takes back a package and a selector finds what the other selector has built since', async () => {
  await using bench = await DataemonBench.open();
  const edition = (how: string) =>
    tinyPackage({ 'models/child.sql': incremental(`uuid, ${how}(type) AS type`, `{{ ref('root') }}`) });
  const run = async (_id: string, how: string, selector?: string) => {
    const path = await bench.package(edition(how));
    const watermark = await bench.save({ _id, type: 'Person' });
    const dataemon = bench.start({ kind: 'local', path }, selector === undefined ? {} : { selector });
    const isDone = () => dataemon.status().state === 'idle' && dataemon.status().upToDateWith === watermark;
    await until(isDone, `${_id} by ${selector}`);
    await dataemon.stop();
    return bench.rows('SELECT DISTINCT type FROM v1.child');
  };
  expect(await run('a', 'upper')).toEqual([{ type: 'PERSON' }]);
  expect(await run('b', 'lower', 'root child')).toEqual([{ type: 'person' }]);
  const before = (await bench.rows('SELECT FROM v1.dataemon_run')).length;
  expect(await run('c', 'upper')).toEqual([{ type: 'PERSON' }]);
  const rebuilt = `SELECT DISTINCT name FROM (SELECT * FROM v1.dataemon_run ORDER BY started_at OFFSET ${before}) AS later WHERE kind = 'full-refresh'`;
  expect(await bench.rows(rebuilt)).toEqual([{ name: 'child' }]);
});
