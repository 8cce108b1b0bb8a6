import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { createLog } from '../lib/index.js';
import { migrate } from '../postgres/index.js';
import { scaffold, type ScaffoldOptions } from './index.js';

let database: TestDatabase;
let folder: string;

beforeEach(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'cht-sync-scaffold-'));
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const run = (more: Partial<ScaffoldOptions> = {}) =>
  scaffold({
    ...{ pool: database.pool, schema: 'v1', table: 'couchdb', sample: 200, definitions: new Map(), dryRun: false },
    ...{ onProgress: () => undefined, into: join(folder, 'package'), ...more },
  });

async function createTables(): Promise<void> {
  const log = createLog({ level: 'silent', format: 'json', secrets: [] });
  await migrate({ pool: database.pool, family: 'documents', schema: 'v1', table: 'couchdb', log });
}

/** Reports of a form, of which only the oldest tenth has the field `early`. */
async function saveReports(count: number, form = 'visit'): Promise<void> {
  await database.pool.query(
    `INSERT INTO v1.couchdb (_id, source, _deleted, saved_timestamp, doc)
     SELECT $1 || number, 'host/medic', false, '2026-01-01'::timestamp + number * interval '1 second',
       jsonb_build_object('type', 'data_record', 'form', $1, 'fields',
         jsonb_build_object('number', number) || CASE WHEN number <= $2 / 10 THEN '{"early": "yes"}' ELSE '{}' END::jsonb)
     FROM generate_series(1, $2::integer) AS number`,
    [form, count],
  );
}

const columnsOf = ({ plan }: Awaited<ReturnType<typeof run>>, form: string) =>
  plan.models.forms.find((model) => model.form === form)?.columns.map(({ name }) => name);

test('without a table, or without a report and a contact in it, it says what to do and writes nothing', async () => {
  await expect(run()).rejects.toMatchObject({ code: 'SCAFFOLD_NO_DATA', message: /no table of documents v1\.couchdb/ });
  await createTables();
  await expect(run()).rejects.toMatchObject({ code: 'SCAFFOLD_NO_DATA', message: /no report and no contact/ });
  expect(await readdir(folder)).toEqual([]);
});

test('a role that may not read the documents is told so', async () => {
  await createTables();
  await saveReports(1);
  const pool = Object.assign(Object.create(database.pool) as typeof database.pool, {
    connect: async () => {
      const connected = await database.pool.connect();
      await connected.query('SET ROLE pg_monitor');
      return connected;
    },
  });
  await expect(run({ pool })).rejects.toMatchObject({ code: 'POSTGRES_UNWRITABLE', message: /permission denied/ });
});

test('a folder with something else in it is refused, as is another name for a package', async () => {
  await createTables();
  await saveReports(1);
  await writeFile(join(folder, 'notes.txt'), '');
  await expect(run({ into: folder })).rejects.toMatchObject({ code: 'SCAFFOLD_FOLDER_REFUSED', message: /notes\.txt/ });
  await expect(run({ into: join(folder, 'notes.txt') })).rejects.toMatchObject({ code: 'SCAFFOLD_FOLDER_REFUSED' });
  await expect(run({ name: 'cht_pipeline' })).rejects.toMatchObject({ code: 'SCAFFOLD_FOLDER_REFUSED' });
  await run({ name: 'one' });
  await expect(run({ name: 'other' })).rejects.toMatchObject({ message: /called one, not other/ });
  await writeFile(join(folder, 'package/.cht-sync-scaffold.json'), '{}');
  await expect(run()).rejects.toMatchObject({ code: 'SCAFFOLD_FOLDER_REFUSED', message: /cannot be used/ });
});

test('a dry run writes nothing', async () => {
  await createTables();
  await saveReports(5);
  const { plan } = await run({ dryRun: true });
  expect(plan.files.length).toBeGreaterThan(5);
  expect(await readdir(folder)).toEqual([]);
});

test('without models, the table itself is looked at, also when it is a view', async () => {
  await createTables();
  await saveReports(50);
  expect(columnsOf(await run(), 'visit')).toEqual(['early', 'number']);
  await database.pool.query('CREATE SCHEMA w; CREATE VIEW w.couchdb AS SELECT * FROM v1.couchdb');
  expect(columnsOf(await run({ rootSchema: 'w' }), 'visit')).toEqual(['early', 'number']);
});

test('with models, forms and samples come by index, and a sample reaches back to the oldest documents', async () => {
  await createTables();
  await saveReports(20_000);
  await saveReports(3, 'rare');
  await database.pool.query(`
    CREATE TABLE v1.data_record AS SELECT _id AS uuid, doc ->> 'form' AS form, saved_timestamp FROM v1.couchdb;
    CREATE INDEX ON v1.data_record (form, saved_timestamp);
    INSERT INTO v1.couchdb (_id, saved_timestamp, doc) VALUES ('p', '2026-01-01', '{"type": "person", "phone": "1"}');
    CREATE TABLE v1.contact AS SELECT 'p' AS uuid, 'person' AS contact_type, '2026-01-01'::timestamp AS saved_timestamp;
    ANALYZE v1.data_record, v1.couchdb`);
  const read = async () => {
    const { rows } = await database.pool.query<{ relname: string; by_scan: number; by_index: number }>(
      `SELECT relname, seq_tup_read::integer AS by_scan, idx_tup_fetch::integer AS by_index
       FROM pg_stat_user_tables WHERE relname IN ('couchdb', 'data_record') ORDER BY relname`,
    );
    return rows;
  };
  const flush = () => database.pool.query('SELECT pg_stat_force_next_flush()');
  await flush();
  const before = await read();
  const surveyed = await run();
  expect(columnsOf(surveyed, 'visit')).toEqual(['early', 'number']);
  expect(columnsOf(surveyed, 'rare')).toEqual(['number']);
  await vi.waitFor(async () => {
    await flush();
    for (const [index, { by_index }] of (await read()).entries()) {
      expect(by_index).toBeGreaterThan(before[index]?.by_index ?? 0);
    }
  });
  expect((await read()).map(({ by_scan }) => by_scan)).toEqual(before.map(({ by_scan }) => by_scan));
});
