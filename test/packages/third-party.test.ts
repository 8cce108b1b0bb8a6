import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { DataemonBench, until } from '../dataemon/support/dataemon-bench.js';
import { deletion, deployment, laterChanges } from './deployment.js';
import { neededProgram, orSkip } from '../support/needed.js';

const run = promisify(execFile);
const repository = resolve(import.meta.dirname, '../..');
const chwApp = join(import.meta.dirname, 'chw_app');

/** Models that keep up by our macros, and what is computed from them: always what a full refresh builds. */
const keepingUp = [
  ...['area', 'household', 'member', 'pregnancy', 'vital_event'],
  ...['households_per_area', 'events_per_month', 'births_per_month'],
];

/** Models that follow a watermark of their own learn of no delete, but must not miss anything that is there. */
const handWritten = ['water_source', 'synced_document', 'device_report'];

test('a package that was written for medic/cht-pipeline v2 runs unmodified, and its models are what a full refresh builds', async ({
  skip,
}) => {
  orSkip(await neededProgram('git'), skip);
  await using bench = await DataemonBench.open();
  await bench.save(...deployment);
  const url = `file://${await repositoryOf(chwApp, bench.folder)}#main`;
  const dataemon = bench.start({ kind: 'git', url }, { selector: 'everything' });
  const upTo = (watermark: string) =>
    until(
      () => {
        const { error, upToDateWith } = dataemon.status();
        if (error !== null) throw new Error(error.message);
        return upToDateWith === watermark;
      },
      'the models',
      60_000,
    );
  await upTo(await bench.save({ _id: 'late', type: 'task' }));
  const view = `SELECT 'v1.households_per_area'::regclass::oid AS oid`;
  const before = await bench.rows(view);
  const kept = `SELECT uuid, area FROM v1.household WHERE uuid = 'hut-1'`;
  expect(await bench.rows(kept)).toEqual([{ uuid: 'hut-1', area: 'area-1' }]);

  for (const changes of laterChanges) await upTo(await bench.save(...changes));
  expect(await bench.rows(kept)).toEqual([{ uuid: 'hut-1', area: 'area-2' }]);
  expect(await bench.rows(view)).toEqual(before);
  expect(await bench.rows(`SELECT v1.area_of('mary') AS area`)).toEqual([{ area: 'area-2' }]);
  const history = `SELECT household_name AS name, area FROM v1.household_history WHERE uuid = 'hut-2' ORDER BY dbt_valid_from`;
  expect(await bench.rows(history)).toEqual([
    { name: 'Hut 2', area: 'area-1' },
    { name: 'Hut two', area: 'area-1' },
    { name: 'Hut two', area: null },
  ]);
  await dataemon.stop();

  // A full refresh into another schema, as the README of the package says how to run dbt by hand.
  await bench.pool.query('CREATE SCHEMA refreshed; CREATE VIEW refreshed.couchdb AS TABLE v1.couchdb');
  const project = await mkdtemp(join(bench.folder, 'by-hand-'));
  const script = (await commandsByHand()).replace('dbt build', 'dbt build --exclude-resource-type unit_test');
  expect(await shell(bench, 'refreshed', project, script)).toMatch(/PASS=[1-9]\d* WARN=0 ERROR=0 SKIP=0/);
  const tests = 'dbt test --exclude-resource-type unit_test';
  expect(await shell(bench, 'v1', project, tests)).toMatch(/PASS=[1-9]\d* WARN=0 ERROR=0 SKIP=0/);
  for (const model of keepingUp) {
    expect(await missing(bench, model, 'v1', 'refreshed'), `${model} of increments only`).toEqual([]);
    expect(await missing(bench, model, 'refreshed', 'v1'), `${model} of a full refresh only`).toEqual([]);
  }
  for (const model of handWritten) expect(await missing(bench, model, 'refreshed', 'v1'), model).toEqual([]);
  expect(await bench.rows(`SELECT uuid FROM v1.vital_event WHERE uuid = '${deletion}'`)).toEqual([]);
});

/** The rows of a model that one schema has and the other has not. */
async function missing(bench: DataemonBench, model: string, of: string, from: string): Promise<unknown[]> {
  const [columns] = await bench.rows<{ names: string }>(
    `SELECT string_agg(quote_ident(column_name), ', ' ORDER BY column_name) AS names
     FROM information_schema.columns WHERE table_schema = 'refreshed' AND table_name = '${model}'`,
  );
  return bench.rows(
    `SELECT ${columns!.names} FROM ${of}.${model} EXCEPT ALL SELECT ${columns!.names} FROM ${from}.${model}`,
  );
}

/** A git repository with what is in a folder. */
async function repositoryOf(folder: string, scratch: string): Promise<string> {
  const work = join(scratch, 'repository');
  await cp(folder, work, { recursive: true });
  const git = (...args: string[]) => run('git', ['-C', work, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args]);
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '.');
  await git('commit', '--quiet', '-m', 'first');
  return work;
}

/** What the README of the package says to type for a run by hand. */
async function commandsByHand(): Promise<string> {
  const readme = await readFile(join(repository, 'pipeline/README.md'), 'utf8');
  return /### By hand\s+```sh[^\n]*\n([\s\S]*?)```/.exec(readme)![1]!;
}

/** Runs commands as a user does who has dbt; gives what they print. */
async function shell(bench: DataemonBench, schema: string, folder: string, script: string): Promise<string> {
  const { host, port, user, password, database } = bench.database.connection;
  const env = {
    ...process.env,
    ...{ POSTGRES_HOST: host, POSTGRES_PORT: String(port), POSTGRES_USER: user, POSTGRES_PASSWORD: password },
    ...{ POSTGRES_DB: database, POSTGRES_SCHEMA: schema, ROOT_POSTGRES_SCHEMA: 'v1', POSTGRES_TABLE: 'couchdb' },
    ...{ PATH: `${join(repository, '.python/bin')}:${process.env.PATH}`, CHT_SYNC: repository, PACKAGE: chwApp },
  };
  const { stdout } = await run('bash', ['-euc', script], { cwd: folder, env }).catch((error: unknown) => {
    throw new Error((error as { stdout?: string }).stdout ?? String(error), { cause: error });
  });
  return stdout;
}
