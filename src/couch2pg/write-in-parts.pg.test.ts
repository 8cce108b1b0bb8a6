import type pg from 'pg';
import { describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { createLog } from '../lib/index.js';
import { migrate, type StagedRow } from '../postgres/index.js';
import type { Batch } from './batch.js';
import { DocumentWriter } from './document-writer.js';

const log = createLog({ level: 'silent', format: 'json', secrets: [] });

async function migrated(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await migrate({ pool: database.pool, family: 'documents', schema: 'v1', table: 'couchdb', log });
  return database;
}

function writerOf(pool: pg.Pool, sequence?: string): DocumentWriter {
  const options = { pool, schema: 'v1', table: 'couchdb', source: 'h/medic', log };
  return new DocumentWriter({ ...options, sequence });
}

/** A document with one member, whose JSON is given. */
function row(id: string, rev: string, value: string, deleted = false): StagedRow {
  const flag = deleted ? ',"_deleted":true' : '';
  return { id, rev, deleted, doc: Buffer.from(`{"_id":"${id}","_rev":"${rev}"${flag},"v":${value}}`) };
}

function batch(sequence: string, ...rows: StagedRow[]): Batch {
  return { rows, bytes: 0, changes: rows.length, sequence, pending: 0, recent: [] };
}

const poison = '1e400000';

async function parked({ pool }: TestDatabase): Promise<unknown[]> {
  const { rows } = await pool.query<Record<string, unknown>>(
    'SELECT _id, _rev, _deleted, error_code, replaces_rev FROM v1.couchdb_rejected ORDER BY _id, _rev',
  );
  return rows;
}

async function revisions({ pool }: TestDatabase): Promise<unknown> {
  const { rows } = await pool.query<{ _id: string; _rev: string }>('SELECT _id, _rev FROM v1.couchdb ORDER BY _id');
  return Object.fromEntries(rows.map(({ _id, _rev }) => [_id, _rev]));
}

/** Has PostgreSQL refuse each write for which an expression of PL/pgSQL holds. */
async function refuse({ pool }: TestDatabase, sqlstate: string, when: string): Promise<void> {
  await pool.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF ${when} THEN RAISE EXCEPTION 'refused' USING ERRCODE = '${sqlstate}'; END IF; RETURN new; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON v1.couchdb FOR EACH ROW EXECUTE FUNCTION refuse()`);
}

describe('a document that was refused', () => {
  test('leaves the last good revision in the table, says which that is, and is forgotten when a good one comes', async () => {
    await using database = await migrated();
    const writer = writerOf(database.pool);
    await writer.write(batch('1', row('a', '1-a', '1')));
    await writer.write(batch('2', row('a', '2-a', poison)));
    expect(await revisions(database)).toEqual({ a: '1-a' });
    expect(await parked(database)).toMatchObject([{ _id: 'a', _rev: '2-a', replaces_rev: '1-a' }]);
    await writer.write(batch('3', row('a', '3-a', poison)));
    expect(await parked(database)).toMatchObject([{ _rev: '3-a', replaces_rev: '1-a' }]);
    await writer.write(batch('4', row('a', '4-a', '4')));
    expect([await revisions(database), await parked(database)]).toEqual([{ a: '4-a' }, []]);
  });

  test('is not written to its place again when the feed is rewound', async () => {
    await using database = await migrated();
    const writer = writerOf(database.pool);
    const at = async (): Promise<unknown> => (await database.pool.query('SELECT ctid FROM v1.couchdb_rejected')).rows;
    await writer.write(batch('1', row('a', '1-a', poison)));
    const before = await at();
    await writer.write(batch('2', row('a', '1-a', poison)));
    expect(await at()).toEqual(before);
  });

  test('is forgotten when it is deleted, whether the tombstone has a good body or not', async () => {
    await using database = await migrated();
    const writer = writerOf(database.pool);
    const ids = ['good', 'bad', 'new', 'x'.repeat(20_000_000)];
    await writer.write(batch('1', row('bad', '1-a', '1')));
    await writer.write(batch('2', ...ids.map((id) => row(id, '2-a', poison))));
    expect((await parked(database)).length).toBe(4);
    await writer.write(batch('3', ...ids.map((id) => row(id, '3-a', id === 'good' ? '1' : poison, true))));
    expect(await parked(database)).toEqual([]);
    const { rows } = await database.pool.query('SELECT _id, _deleted, doc, last_doc FROM v1.couchdb ORDER BY _id');
    expect(rows).toMatchObject([
      { _id: 'bad', _deleted: true, doc: { _id: 'bad', _rev: '3-a', _deleted: true }, last_doc: { v: 1 } },
      { _id: 'good', _deleted: true, doc: { v: 1 } },
      { _id: 'new', _deleted: true, doc: { _id: 'new', _rev: '3-a', _deleted: true } },
    ]);
  });

  test('keeps its id apart from those that look the same', async () => {
    await using database = await migrated();
    const writer = writerOf(database.pool);
    const ids = ['a\0b', 'a\ufffdb', 'a\ud800b', JSON.stringify('a\0b')];
    const bad = ids.map((id) => ({ id, rev: '1-a', deleted: false, doc: Buffer.from(poison) }));
    await writer.write(batch('1', ...bad));
    const { rows } = await database.pool.query<{ _id: string; id_json: string | null }>(
      'SELECT _id, id_json FROM v1.couchdb_rejected',
    );
    const found = rows.map(({ _id, id_json }) => (id_json === null ? _id : (JSON.parse(id_json) as string)));
    expect(found.sort()).toEqual(ids.sort());
    await writer.write(batch('2', row('a\ufffdb', '2-a', '1')));
    expect((await parked(database)).length).toBe(3);
  });
});

describe('an error that does not say who is at fault', () => {
  test('parks the one document it comes back for, when others can be written', async () => {
    await using database = await migrated();
    await refuse(database, 'XX000', `new.doc ->> 'v' = 'bad'`);
    const rows = ['a', 'b', 'c', 'd', 'e'].map((id) => row(id, '1-a', id === 'd' ? '"bad"' : '1'));
    const written = await writerOf(database.pool).write(batch('7', ...rows));
    expect(written).toMatchObject({ rows: 4, rejected: 1 });
    expect(await parked(database)).toMatchObject([{ _id: 'd', error_code: 'XX000' }]);
    expect((await database.pool.query('SELECT seq FROM v1.couchdb_progress')).rows).toEqual([{ seq: '7' }]);
  });

  test('parks nothing when no other document of that size can be written either', async () => {
    await using database = await migrated();
    await refuse(database, '53200', `length(new.doc::text) > 1000`);
    const rows = [row('a', '1-a', '1'), row('b', '1-a', `"${'x'.repeat(2_000)}"`)];
    await expect(writerOf(database.pool).write(batch('1', ...rows))).rejects.toMatchObject({ passing: true });
    expect(await parked(database)).toEqual([]);
    expect((await database.pool.query('SELECT seq FROM v1.couchdb_progress')).rows).toEqual([]);
  });

  test('parks a document that takes more memory than its size', async () => {
    await using database = await migrated();
    await refuse(database, '53200', `jsonb_typeof(new.doc -> 'v') = 'array'`);
    await writerOf(database.pool).write(batch('1', row('a', '1-a', '1'), row('b', '1-a', '[]')));
    expect(await parked(database)).toMatchObject([{ _id: 'b', error_code: '53200' }]);
  });

  test('of the server parks nothing, even when it comes for one document only', async () => {
    await using database = await migrated();
    await refuse(database, '53100', `new._id = 'b'`);
    const rows = [row('a', '1-a', '1'), row('b', '1-a', '1')];
    await expect(writerOf(database.pool).write(batch('1', ...rows))).rejects.toMatchObject({
      code: 'POSTGRES_UNWRITABLE',
    });
    expect([await parked(database), await revisions(database)]).toEqual([[], {}]);
  });
});

test('a process whose checkpoint another has moved writes no part of a batch and parks nothing', async () => {
  await using database = await migrated();
  const late = writerOf(database.pool);
  await writerOf(database.pool).write(batch('1', row('a', '2-a', '2'), row('b', '2-a', '2')));
  const old = batch('1', row('a', '1-a', '1'), row('b', '1-a', poison));
  await expect(late.write(old)).rejects.toMatchObject({ code: 'CHECKPOINT_MOVED' });
  expect([await revisions(database), await parked(database)]).toEqual([{ a: '2-a', b: '2-a' }, []]);
});

/** Takes minutes and gigabytes. */
describe.runIf(process.env.NIGHTLY !== undefined)('what is too large for PostgreSQL', () => {
  const megabyte = 'x'.repeat(1_048_576);
  test.each([
    ['a string of 100 MB', `"${megabyte.repeat(100)}"`, null],
    ['a string of 256 MB', `"${megabyte.repeat(256)}"`, '54000'],
    ['strings of 256 MB together', `[${`"${megabyte}",`.repeat(256)}0]`, '54000'],
    ['a key of 256 MB', `{"${megabyte.repeat(256)}":1}`, '54000'],
    ['16.7 million elements', `[${'0,'.repeat(16_700_000)}0]`, null],
    ['16.8 million elements', `[${'0,'.repeat(16_800_000)}0]`, 'XX000'],
  ])('%s', { timeout: 300_000 }, async (_, value, code) => {
    await using database = await migrated();
    const written = await writerOf(database.pool).write(batch('1', row('a', '1-a', '1'), row('b', '1-a', value)));
    expect(written).toMatchObject({ rejected: code === null ? 0 : 1 });
    expect(await parked(database)).toMatchObject(code === null ? [] : [{ _id: 'b', error_code: code }]);
    const { rows } = await database.pool.query('SELECT octet_length(doc) AS bytes FROM v1.couchdb_rejected');
    if (code !== null) expect(rows).not.toEqual([{ bytes: 0 }]);
  });
});
