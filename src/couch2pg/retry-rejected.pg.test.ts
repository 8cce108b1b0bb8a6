import type pg from 'pg';
import { expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { createLog } from '../lib/index.js';
import { listParked, migrate, tableNames, type ParkedFilter, type StagedRow } from '../postgres/index.js';
import { DocumentWriter } from './document-writer.js';
import { retryRejected } from './retry-rejected.js';

const log = createLog({ level: 'silent', format: 'json', secrets: [] });
const names = tableNames('v1', 'couchdb');

/** A database whose table refuses documents that say so. */
async function refusing(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await migrate({ pool: database.pool, family: 'documents', schema: 'v1', table: 'couchdb', log });
  await database.pool.query(`ALTER TABLE v1.couchdb ADD CONSTRAINT picky CHECK (NOT doc ? 'bad')`);
  return database;
}

const accept = (pool: pg.Pool) => pool.query('ALTER TABLE v1.couchdb DROP CONSTRAINT picky');

/** Writes each call's rows as one batch. */
function writerOf(pool: pg.Pool, source = 'h/medic'): (...rows: StagedRow[]) => Promise<unknown> {
  const writer = new DocumentWriter({ pool, schema: 'v1', table: 'couchdb', source, sequence: undefined, log });
  let sequence = 0;
  return (...rows) =>
    writer.write({ rows, bytes: 0, changes: rows.length, sequence: `${(sequence += 1)}`, pending: 0, recent: [] });
}

const row = (id: string, rev: string, value = '"bad":1'): StagedRow => ({
  ...{ id, rev, deleted: false },
  doc: Buffer.from(`{"_id":${JSON.stringify(id)},"_rev":"${rev}",${value}}`),
});

async function retry(pool: pg.Pool, filter?: ParkedFilter): Promise<Record<string, string>> {
  const outcomes: Record<string, string> = {};
  const parked = await listParked(pool, names, filter);
  for await (const { document, outcome } of retryRejected({ pool, schema: 'v1', table: 'couchdb' }, parked)) {
    outcomes[document.id] = outcome.kind;
  }
  return outcomes;
}

async function revisions(pool: pg.Pool): Promise<Record<string, string>> {
  const { rows } = await pool.query<{ _id: string; _rev: string }>('SELECT _id, _rev FROM v1.couchdb');
  return Object.fromEntries(rows.map(({ _id, _rev }) => [_id, _rev]));
}

test('what PostgreSQL takes now is stored, seen by readers of what is new, told to listeners, and no longer parked', async () => {
  await using database = await refusing();
  const { pool } = database;
  await writerOf(pool)(row('a', '1-a'), row('b', '1-a', '"n":1'));
  await writerOf(pool, 'h/other')(row('a', '1-o', '"n":1'), row('b', '1-o'));
  await accept(pool);
  const listener = await pool.connect();
  const heard: string[] = [];
  listener.on('notification', ({ payload }) => heard.push(payload ?? ''));
  await listener.query('LISTEN cht_sync_change');
  const newest = async () =>
    (await pool.query('SELECT max(saved_timestamp)::text AS at FROM v1.couchdb')).rows[0] as unknown;
  const before = await newest();
  expect(await retry(pool, { source: 'h/medic' })).toEqual({ a: 'stored' });
  expect(await newest()).not.toEqual(before);
  await expect.poll(() => heard.length).toBe(1);
  listener.release(true);
  expect(await retry(pool)).toEqual({ b: 'stored' });
  expect(await revisions(pool)).toEqual({ a: '1-o', 'a@h/medic': '1-a', b: '1-a', 'b@h/other': '1-o' });
  expect(await listParked(pool, names)).toEqual([]);
});

test('what PostgreSQL still refuses stays parked, and the others are stored', async () => {
  await using database = await refusing();
  const { pool } = database;
  await writerOf(pool)(row('a\0b', '1-a'), row('c', '1-a', '"n":1e999999'), row('d', '1-a'));
  await accept(pool);
  expect(await retry(pool)).toEqual({ 'a\0b': 'refused', c: 'refused', d: 'stored' });
  expect((await listParked(pool, names)).map(({ id, code }) => [id, code])).toEqual([
    ['a\0b', '22021'],
    ['c', '22003'],
  ]);
});

test('a document whose row was changed since, or that is not parked any more, is left alone', async () => {
  await using database = await refusing();
  const { pool } = database;
  const write = writerOf(pool);
  await write(row('a', '1-a', '"n":1'), row('b', '1-a', '"n":1'));
  await write(row('a', '2-a'), row('b', '2-a'), row('c', '2-a'));
  const parked = await listParked(pool, names);
  expect(parked.map(({ id, replaces, stored }) => [id, replaces, stored])).toEqual([
    ['a', '1-a', '1-a'],
    ['b', '1-a', '1-a'],
    ['c', null, null],
  ]);
  await pool.query(`UPDATE v1.couchdb SET _rev = '9-x' WHERE _id = 'a'`);
  await write(row('b', '3-a', '"n":3'));
  await write(row('c', '3-a'));
  await accept(pool);
  const outcomes: string[] = [];
  for await (const { outcome } of retryRejected({ pool, schema: 'v1', table: 'couchdb' }, parked))
    outcomes.push(outcome.kind);
  expect(outcomes).toEqual(['overtaken', 'overtaken', 'overtaken']);
  expect(await revisions(pool)).toEqual({ a: '9-x', b: '3-a' });
});

test('beside a sync that writes, the newest revision stays', async () => {
  await using database = await refusing();
  const { pool } = database;
  const write = writerOf(pool);
  const ids = Array.from({ length: 20 }, (_, n) => `d${n}`);
  await write(...ids.map((id) => row(id, '1-a')));
  await accept(pool);
  const writeAll = async () => {
    for (const id of ids) await write(row(id, '2-a', '"n":2'));
  };
  const [outcomes] = await Promise.all([retry(pool), writeAll()]);
  expect(Object.keys(outcomes).sort()).toEqual([...ids].sort());
  expect(await revisions(pool)).toEqual(Object.fromEntries(ids.map((id) => [id, '2-a'])));
  expect(await listParked(pool, names)).toEqual([]);
});
