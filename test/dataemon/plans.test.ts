import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Dataemon } from '../../src/dataemon/index.js';
import { createLog } from '../../src/lib/index.js';
import { differences } from '../models/models.js';
import { createCouch2pg, sources } from '../models/random/couch2pg.js';
import { someDocuments } from '../models/random/documents.js';
import { DataemonBench, until } from './support/dataemon-bench.js';
import { tinyPackage } from './support/package.js';

const application = 'cht-sync dataemon increments';
const rounds = Number(process.env.PLANS_ROUNDS ?? 8);
const seed = Number(process.env.PLANS_SEED ?? Date.now() % 2 ** 31);

async function upToDate(bench: DataemonBench, dataemon: Dataemon): Promise<void> {
  const [row] = await bench.rows<{ watermark: string }>(
    `SELECT to_char(max(saved_timestamp), 'YYYY-MM-DD"T"HH24:MI:SS.US') AS watermark FROM v1.couchdb`,
  );
  await until(() => {
    const { error, upToDateWith } = dataemon.status();
    if (error !== null) throw new Error(error.message);
    return upToDateWith === row?.watermark;
  }, 'the models');
}

/** What the session of the increments has run last; undefined when there is none. */
async function lastIncrement(bench: DataemonBench): Promise<string | undefined> {
  const [session] = await bench.rows<{ query: string }>(
    `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND application_name = '${application}'`,
  );
  return session?.query;
}

test(`increments by plans leave the same tables as runs of dbt, whatever happens to the documents (PLANS_SEED=${seed})`, async () => {
  await using bench = await DataemonBench.open();
  // Packages of medic/cht-sync v2 read the documents in the schema of the models.
  await bench.pool.query('CREATE SCHEMA by_dbt; CREATE VIEW by_dbt.couchdb AS TABLE v1.couchdb');
  const couch2pg = createCouch2pg(bench.pool);
  const path = join(import.meta.dirname, '../packages/chw_app');
  const start = (schema: string, increments: 'auto' | 'dbt') =>
    bench.start(
      { kind: 'local', path },
      {
        ...{ schema, rootSchema: 'v1', increments, selector: 'everything' },
        workFolder: join(bench.folder, schema),
      },
    );
  const byPlans = start('v1', 'auto');
  const byDbt = start('by_dbt', 'dbt');
  const random = fc.sample(fc.tuple(fc.constantFrom(...sources), someDocuments), { numRuns: rounds, seed });
  for (const [source, documents] of random) {
    await couch2pg.write(source, documents);
    for (const dataemon of [byPlans, byDbt]) await upToDate(bench, dataemon);
    const models = byPlans.status().models.map(({ name }) => name);
    expect(models).toContain('vital_event');
    expect(await differences(bench.pool, 'v1', 'by_dbt', models.filter(isTable)), JSON.stringify(documents)).toEqual(
      {},
    );
  }
  expect(await lastIncrement(bench)).toMatch(/COMMIT/);
});

/** Writes down which models an increment has carried out: a statement is told of also when it has changed no row. */
async function noteIncrements(bench: DataemonBench): Promise<() => Promise<string[]>> {
  await bench.pool.query(`
    CREATE TABLE public.carried_out (model text);
    CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN INSERT INTO public.carried_out VALUES (tg_table_name); RETURN NULL; END $$;
    DO $$ DECLARE name text; BEGIN
      FOR name IN SELECT model FROM v1.dbt_watermark LOOP
        EXECUTE format('CREATE TRIGGER note AFTER INSERT ON v1.%I FOR EACH STATEMENT EXECUTE FUNCTION public.note()', name);
      END LOOP;
    END $$`);
  return async () => {
    const sql =
      'WITH noted AS (DELETE FROM public.carried_out RETURNING model) SELECT DISTINCT model FROM noted ORDER BY model';
    return (await bench.rows<{ model: string }>(sql)).map(({ model }) => model);
  };
}

test('all models that keep up are brought on by plans, and those only that the types and forms of documents concern', async () => {
  await using bench = await DataemonBench.open();
  const lines: Readonly<Record<string, unknown>>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const log = createLog({ level: 'debug', format: 'json', secrets: [], destination });
  await bench.save({ _id: 'a', type: 'person' });
  const form = (name: string) => `{{ cht_form_model('${name}', "couchdb.doc #>> '{fields,note}' as note") }}`;
  const path = await bench.package({
    'dbt_project.yml': tinyPackage()['dbt_project.yml']!,
    'packages.yml': 'packages: [{ local: cht_pipeline }]\n',
    'models/visit.sql': form('visit'),
    'models/birth.sql': form('birth'),
  });
  const dataemon = bench.start({ kind: 'local', path }, { log });
  await upToDate(bench, dataemon);
  // Each layer of the build is planned by itself.
  const planned = () => {
    const told = lines.filter(({ msg }) => msg === 'planned the increments');
    expect(told.flatMap(({ without }) => without)).toEqual([]);
    return told.reduce((sum, line) => sum + Number(line.planned), 0);
  };
  const keepingUp = await bench.rows(`SELECT FROM v1.dbt_watermark`);
  await until(() => planned() === keepingUp.length, 'the plans');

  const carriedOut = await noteIncrements(bench);
  const save = async (doc: { _id: string; type?: string; form?: string }) => {
    await bench.save(doc);
    await upToDate(bench, dataemon);
    return carriedOut();
  };
  // The settings concern contact_type, and may have any type.
  const always = ['contact_type', 'document_metadata'];
  expect(await save({ _id: 'b', type: 'task' })).toEqual(always);
  const visit = { _id: 'c', type: 'data_record', form: 'visit' };
  expect(await save(visit)).toEqual([...always, 'data_quality', 'data_record', 'visit'].sort());
  expect(await bench.rows('SELECT uuid FROM v1.visit')).toEqual([{ uuid: 'c' }]);
  // It leaves one form for another, and then reports altogether.
  expect(await save({ ...visit, form: 'birth' })).toEqual(
    [...always, 'birth', 'data_quality', 'data_record', 'visit'].sort(),
  );
  expect(await save({ ...visit, type: 'task' })).toEqual([...always, 'birth', 'data_quality', 'data_record'].sort());
  expect(await bench.rows('SELECT uuid FROM v1.visit UNION ALL SELECT uuid FROM v1.birth')).toEqual([]);
  const persons = ['contact', 'data_quality', 'patient', 'person', 'place'];
  expect(await save({ _id: 'd', type: 'person' })).toEqual([...always, ...persons].sort());
});

/** Snapshots hold the time of the run, dbt_results the runs; a function is no relation; dashboards read tables of the schema. */
function isTable(name: string): boolean {
  return !['household_history', 'area_of', 'dbt_results'].includes(name) && !name.startsWith('dashboard_');
}
