import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { untilModelsEqual } from '../end-to-end/support/models.js';
import { untilTableEquals } from '../end-to-end/support/table.js';
import type { Command } from '../support/command.js';
import type { TestCouchDatabase } from '../support/couchdb.js';
import type { TestDatabase } from '../support/database.js';
import { freePort } from '../support/global-postgres.js';
import { Scene, secrets } from './scene.js';

let scene: Scene;
let couch2pg: Command;
let dataemon: Command;
let ports: Record<'couch2pg' | 'dataemon', number>;
const served = { couch2pg: '', dataemon: '' };

beforeAll(async () => {
  scene = await Scene.open();
  ports = { couch2pg: await freePort(), dataemon: await freePort() };
});
afterAll(() => scene[Symbol.asyncDispose]());

/** Keeps what a process shows to whoever asks. */
async function keepWhatIsServed(by: keyof typeof ports): Promise<void> {
  for (const path of ['metrics', 'healthz', 'readyz']) {
    const body = await (await fetch(`http://127.0.0.1:${ports[by]}/${path}`)).text();
    served[by] += body;
  }
}

/** Runs a command to its end, which must be a good one. */
async function wellDone(command: Command): Promise<string> {
  expect(await command.end(), command.stderr + command.stdout).toMatchObject({ code: 0 });
  return command.stdout;
}

const roles = ['--writer', 'writer', '--modeler', 'modeler', '--reader', 'reader'];

test('grant prints what it would apply, refuses what cannot be, and may be applied again', async () => {
  const early = scene.run('owner', ['grant', ...roles]);
  expect(await early.end()).toMatchObject({ code: 1 });
  expect(early.stderr).toContain('cht-sync migrate');
  await wellDone(scene.run('owner', ['migrate']));
  const unknown = scene.run('owner', ['grant', '--reader', 'nobody']);
  expect(await unknown.end()).toMatchObject({ code: 2 });
  expect(unknown.stderr).toContain('There is no role nobody');
  const sql = await wellDone(scene.run('owner', ['grant', ...roles]));
  expect(sql).toMatch(/^BEGIN;[^]*GRANT SELECT, INSERT, UPDATE ON "v1"\."couchdb" TO "writer";[^]*COMMIT;\n$/);
  await scene.admin.query(sql);
  await wellDone(scene.run('owner', ['grant', ...roles, '--apply']));
});

test('couch2pg and the dataemon work whole as these roles', async () => {
  couch2pg = scene.run('writer', ['couch2pg'], { METRICS_PORT: String(ports.couch2pg) });
  dataemon = scene.run('modeler', ['dataemon'], { METRICS_PORT: String(ports.dataemon) });
  const sources = [{ name: 'medic' }, { name: '_users' }] as TestCouchDatabase[];
  const database = { pool: scene.admin } as unknown as TestDatabase;
  const table = await untilTableEquals(database, scene.couchdb, sources, { timeout: 60_000 });
  await untilModelsEqual(database, table, 120_000);
  await wellDone(scene.run('writer', ['verify']));
  // What cannot be stored is kept, but for the secrets in it.
  await scene.writeUser(
    `{"_id":"org.couchdb.user:big","type":"user","name":"big","roles":[],"salt":"s","derived_key":"${secrets.rejectedKey[1]}","n":1e200000}`,
  );
  const parked = async () => (await scene.admin.query('SELECT FROM v1.couchdb_rejected')).rowCount;
  await expect.poll(parked, { timeout: 30_000 }).toBe(1);
  expect(await wellDone(scene.run('writer', ['rejected', 'show', 'org.couchdb.user:big']))).toContain('1e200000');
  for (const args of [['config'], ['pause', '--source', 'medic'], ['resume', '--source', 'medic']]) {
    await wellDone(scene.run('writer', args));
  }
  await wellDone(scene.run('modeler', ['models']));
  for (const { warnings } of [dataemon]) expect(warnings).toEqual([]);
});

test('a reader reads models, also those that were built anew, and nothing else', async () => {
  await using reader = await scene.connect('reader');
  await using modeler = await scene.connect('modeler');
  const contacts = () => reader.query(`SELECT FROM v1.contact`).then(({ rowCount }) => rowCount);
  // The models were built after the grants.
  expect(await contacts()).toBeGreaterThan(5);
  for (const statement of [
    'SELECT * FROM v1.couchdb',
    'SELECT * FROM v1.couchdb_rejected',
    'SELECT * FROM v1.couchdb_progress',
    'DELETE FROM v1.contact',
    'CREATE TABLE v1.mine ()',
  ]) {
    await expect(reader.query(statement), statement).rejects.toMatchObject({ code: '42501' });
  }
  await expect(modeler.query('DELETE FROM v1.couchdb')).rejects.toMatchObject({ code: '42501' });

  // A grant that somebody has made by hand, to a table that is then built anew.
  await modeler.query('GRANT SELECT, INSERT ON v1.patient TO writer');
  const file = join(scene.folder, 'package/models/patient.sql');
  const standing = () =>
    scene.admin.query<{ file: number }>(
      `SELECT relfilenode AS file FROM pg_class WHERE oid = to_regclass('v1.patient')`,
    );
  const before = (await standing()).rows[0]!.file;
  await writeFile(file, `${await readFile(file, 'utf8')}\n-- edited\n`);
  await expect.poll(async () => (await standing()).rows[0]?.file, { timeout: 60_000 }).not.toBe(before);
  expect((await reader.query('SELECT FROM v1.patient')).rowCount).toBeGreaterThan(0);
  const { rows } = await scene.admin.query(
    `SELECT has_table_privilege('writer', 'v1.patient', 'SELECT, INSERT') AS may`,
  );
  expect(rows).toEqual([{ may: true }]);
});

test('who lacks a privilege is told which', async () => {
  const command = scene.run('reader', ['rejected', 'list']);
  expect(await command.end()).toMatchObject({ code: 1 });
  expect(command.stderr).toMatch(
    /permission denied for table cht_sync_migration[^]*GRANT SELECT ON cht_sync_migration TO/,
  );
});

test('what fails tells no secret either', async () => {
  const fails = async (role: 'writer' | 'modeler', args: string[], more: Record<string, string>, says: RegExp) => {
    const command = scene.run(role, args, more);
    await command.says(says);
    await command.stop();
  };
  await Promise.all([
    fails(
      'writer',
      ['couch2pg'],
      { COUCHDB_PASSWORD: secrets.wrongCouchdb[1], POSTGRES_SCHEMA: 'public' },
      /POSTGRES_UNWRITABLE|COUCHDB_UNAUTHORIZED/,
    ),
    fails('writer', ['couch2pg'], { POSTGRES_SSLMODE: 'verify-full' }, /POSTGRES_UNREACHABLE/),
    fails('writer', ['models'], { POSTGRES_PASSWORD: secrets.wrongPostgres[1] }, /POSTGRES_UNAUTHORIZED/),
  ]);
  await keepWhatIsServed('couch2pg');
  await couch2pg.stop();
  await fails('writer', ['couch2pg'], { COUCHDB_PASSWORD: secrets.wrongCouchdb[1] }, /COUCHDB_UNAUTHORIZED/);
  await fails('writer', ['couch2pg'], { COUCHDB_SECURE: 'true' }, /COUCHDB_UNREACHABLE/);
  await keepWhatIsServed('dataemon');
  await dataemon.stop();
  const url = `http://git:${secrets.token[1]}@127.0.0.1:${await freePort()}/package.git#main`;
  await fails(
    'modeler',
    ['dataemon'],
    { DBT_LOCAL_PATH: '', CHT_PIPELINE_BRANCH_URL: url, POSTGRES_SCHEMA: 'v1' },
    /PACKAGE_BROKEN/,
  );
});

test('no secret that the run was given stands in anything it has left', async () => {
  expect(served.couch2pg).toContain('# TYPE couch2pg_up');
  expect(served.dataemon).toContain('# TYPE cht_sync_model');
  expect(scene.queries.size).toBeGreaterThan(10);
  expect(scene.watch.seen('worker.py')).toBeGreaterThan(0);
  expect(await scene.leaks(served.couch2pg + served.dataemon)).toEqual([]);
});
