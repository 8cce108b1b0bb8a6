import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { ModelReport } from '../../src/dataemon/index.js';
import { postgresVariables } from '../end-to-end/support/environment.js';
import { Command } from '../support/command.js';
import { DataemonBench, until } from './support/dataemon-bench.js';
import { incremental, tinyPackage } from './support/package.js';

/** What `cht-sync models` answers beside a dataemon that runs. */
async function models(bench: DataemonBench, ...args: string[]): Promise<{ code: number | null; stdout: string }> {
  await using command = new Command(['models', ...args], {
    folder: bench.folder,
    env: postgresVariables(bench.database),
  });
  const { code } = await command.end();
  return { code, stdout: command.stdout };
}

type AsJson = Omit<ModelReport, 'lastSuccessAt'> & { readonly lastSuccessAt: string | null };

test('after a kill between the build of a view and the record of it, the view counts as the model that it is', async () => {
  await using bench = await DataemonBench.open();
  await bench.save({ _id: 'good', type: 'person' });
  const path = await bench.package(
    tinyPackage({ 'models/seen.sql': `{{ config(materialized='view') }} SELECT uuid FROM {{ ref('root') }}` }),
  );
  const first = bench.start({ kind: 'local', path });
  await until(() => first.status().state === 'idle', 'the first build');
  await first.stop();
  // What such a kill leaves.
  await bench.rows(`UPDATE v1.dataemon_model SET status = 'pending', succeeded_at = NULL`);

  const second = bench.start({ kind: 'local', path });
  await until(() => second.status().state === 'idle', 'the second start');
  const shown = second.status().models.map(({ name, status }) => [name, status]);
  expect(shown).toEqual(['child', 'root', 'seen'].map((name) => [name, 'ok']));
  await until(async () => !(await models(bench)).stdout.includes('pending'), 'all models to be shown well');
});

test('cht-sync models shows how each model stands beside a running dataemon, and exits with 1 while one fails', async () => {
  await using bench = await DataemonBench.open();
  await bench.save({ _id: 'good', type: 'person' });
  const path = await bench.package(
    tinyPackage({
      'models/picky.sql': incremental(`uuid, (100 / length(type))::int AS number`, `{{ ref('root') }}`),
      'models/below_picky.sql': incremental('uuid', `{{ ref('picky') }}`),
      'models/seen.sql': `{{ config(materialized='view') }} SELECT uuid FROM {{ ref('root') }}`,
    }),
  );
  const dataemon = bench.start({ kind: 'local', path });
  await until(() => dataemon.status().state === 'idle', 'the first build');
  await until(async () => (await models(bench)).stdout.includes('\npicky        ok '), 'all models to be shown well');
  const well = await models(bench);
  expect(well.code).toBe(0);
  expect(well.stdout).toMatch(/^picky +ok +1 +20\S+ \S+ +nothing$/m);
  expect(well.stdout).toMatch(/^seen +ok +- +20\S+ \S+ +-$/m);
  expect(well.stdout).toMatch(/\n5 models, 0 failing\.\n$/);

  await bench.save({ _id: 'bad', type: '' });
  await until(() => dataemon.status().error !== null, 'the failure');
  await until(async () => (await models(bench)).code === 1, 'the failure to be shown');
  const failing = await models(bench);
  expect(failing.stdout).toMatch(/^MODEL .*\npicky +failed +1 .* 1 document, for \d+ s\nbelow_picky +skipped /);
  expect(failing.stdout).toMatch(/\npicky has failed \d+ times? since .*, is tried again .*:\n.*division by zero\n/s);
  const compiled = / {2}Compiled SQL: (\S*picky\.sql)\n/.exec(failing.stdout)?.[1];
  expect(await readFile(compiled!, 'utf8')).toMatch(/100 \/ length\(type\)/);
  const { models: told } = JSON.parse((await models(bench, '--json')).stdout) as { models: AsJson[] };
  expect(told.map(({ name, status }) => [name, status])).toEqual([
    ...[
      ['picky', 'failed'],
      ['below_picky', 'skipped'],
    ],
    ...['child', 'root', 'seen'].map((name) => [name, 'ok']),
  ]);
  expect(told[0]).toMatchObject({
    rows: 1,
    lag: { documents: 1 },
    lastError: { compiledSql: expect.any(String) as string },
  });

  await bench.rows(`UPDATE v1.root SET type = 'person' WHERE uuid = 'bad'`);
  await until(() => dataemon.status().state === 'idle', 'the next try');
  await until(async () => (await models(bench)).code === 0, 'all models to be shown well');
});

test('dbt tests of the package are run now and then, beside the models; one that fails is told of and stops nothing', async () => {
  await using bench = await DataemonBench.open();
  await bench.save({ _id: 'good', type: 'person' });
  const path = await bench.package(
    tinyPackage({
      'models/models.yml': `models:
  - name: root
    columns:
      - { name: uuid, data_tests: [unique] }
      - { name: type, data_tests: [not_null] }
unit_tests:
  - name: never_run
    model: child
    overrides: { macros: { is_incremental: false } }
    given: [{ input: ref('root'), rows: [] }]
    expect: { rows: [{ uuid: wrong }] }
`,
      'tests/by_name.sql': 'SELECT * FROM v1.child WHERE uuid IS NULL',
    }),
  );
  const dataemon = bench.start({ kind: 'local', path }, { testIntervalMs: 500 });
  const failing = () => dataemon.status().tests!.tests.filter(({ status }) => status === 'failed');
  await until(() => dataemon.status().tests!.tests.length === 3, 'the first round');
  expect(failing()).toEqual([]);

  await bench.save({ _id: 'bad' });
  await until(() => failing().length > 0, 'the failure');
  expect(failing()).toMatchObject([{ name: 'not_null_root_type' }]);
  const { code, stdout } = await models(bench);
  expect(code).toBe(0);
  expect(stdout).toMatch(/\n3 tests, 1 failing; last run at .*\n\nTest not_null_root_type has failed since .*:\n/);
  expect(stdout).toMatch(/ {2}Got 1 result, .*\n {2}Compiled SQL: \S+\.sql\n/);

  const watermark = await bench.save({ _id: 'bad', type: 'person' });
  await until(() => dataemon.status().upToDateWith === watermark, 'the change in all models');
  await until(() => failing().length === 0, 'the test to pass again');
});
