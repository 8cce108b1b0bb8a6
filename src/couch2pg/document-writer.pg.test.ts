import fc from 'fast-check';
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

function writerOf(pool: pg.Pool, source = 'h/medic', sequence?: string): DocumentWriter {
  return new DocumentWriter({ pool, schema: 'v1', table: 'couchdb', source, sequence, log });
}

function row(id: string, rev: string, body: object = {}, deleted = false): StagedRow {
  const doc = { _id: id, _rev: rev, ...(deleted ? { _deleted: true } : {}), ...body };
  return { id, rev, deleted, doc: Buffer.from(JSON.stringify(doc)) };
}

function batch(sequence: string | undefined, ...rows: StagedRow[]): Batch {
  return { rows, bytes: 0, changes: rows.length, sequence, pending: 0, recent: [] };
}

async function table(pool: pg.Pool): Promise<Record<string, unknown>[]> {
  const { rows } = await pool.query<Record<string, unknown>>(
    `SELECT _id, source, _rev, _deleted, doc, last_doc, saved_timestamp::text AS stamp FROM v1.couchdb ORDER BY _id COLLATE "C"`,
  );
  return rows;
}

describe('DocumentWriter', () => {
  test('writes documents, checkpoint and one notification in one transaction', async () => {
    await using database = await migrated();
    const listener = await database.pool.connect();
    const heard: string[] = [];
    listener.on('notification', ({ payload }) => heard.push(payload ?? ''));
    await listener.query('LISTEN cht_sync_change');
    const written = await writerOf(database.pool).write(batch('2-x', row('a', '1-a', { n: 1 }), row('b', '1-b')));
    expect(written).toMatchObject({ rows: 2, rejected: 0 });
    expect(await table(database.pool)).toMatchObject([
      { _id: 'a', source: 'h/medic', _rev: '1-a', _deleted: false, doc: { _id: 'a', _rev: '1-a', n: 1 } },
      { _id: 'b' },
    ]);
    const progress = await database.pool.query(`SELECT source, seq, pending FROM v1.couchdb_progress`);
    expect(progress.rows).toEqual([{ source: 'h/medic', seq: '2-x', pending: 0 }]);
    await expect.poll(() => heard.length).toBe(1);
    expect(JSON.parse(heard[0] ?? '')).toEqual({
      schema: 'v1',
      table: 'couchdb',
      source: 'h/medic',
      saved_timestamp: written.savedTimestamp,
    });
    listener.release(true);
  });

  test('leaves a row alone whose revision is stored already, and then notifies nobody', async () => {
    await using database = await migrated();
    const writer = writerOf(database.pool);
    await writer.write(batch('1-x', row('a', '1-a')));
    const before = await table(database.pool);
    expect(await writer.write(batch('2-x', row('a', '1-a')))).toMatchObject({ rows: 0, savedTimestamp: undefined });
    expect(await table(database.pool)).toEqual(before);
    expect(await writer.write(batch('3-x', row('a', '2-a')))).toMatchObject({ rows: 1 });
  });

  test('keeps the last body of a deleted document until it comes back', async () => {
    await using database = await migrated();
    const writer = writerOf(database.pool);
    await writer.write(batch('1', row('a', '1-a', { type: 'person' })));
    await writer.write(batch('2', row('a', '2-a', {}, true)));
    await writer.write(batch('3', row('a', '4-a', {}, true)));
    expect(await table(database.pool)).toMatchObject([
      { _deleted: true, doc: { _rev: '4-a', _deleted: true }, last_doc: { _rev: '1-a', type: 'person' } },
    ]);
    await writer.write(batch('4', row('a', '5-a', { type: 'clinic' })));
    expect(await table(database.pool)).toMatchObject([{ _deleted: false, doc: { type: 'clinic' }, last_doc: null }]);
  });

  test('keeps documents of two sources with one id apart', async () => {
    await using database = await migrated();
    const [first, second] = [writerOf(database.pool, 'one/medic'), writerOf(database.pool, 'two/medic')];
    await first.write(batch('1', row('settings', '1-a', { of: 'one' }), row('settings@two/medic', '1-z')));
    await second.write(batch('1', row('settings', '1-a', { of: 'two' }), row('mine', '1-a')));
    await second.write(batch('2', row('settings', '2-a', {}, true)));
    await first.write(batch('2', row('settings', '2-a', { of: 'one', n: 2 })));
    // Even a document of the second source that is called like the key of its other one.
    await second.write(batch('3', row('settings@two/medic@two/medic', '1-q')));
    expect(await table(database.pool)).toMatchObject([
      { _id: 'mine', source: 'two/medic' },
      { _id: 'settings', source: 'one/medic', doc: { of: 'one', n: 2 } },
      { _id: 'settings@two/medic', source: 'one/medic' },
      { _id: 'settings@two/medic@two/medic', source: 'two/medic', _deleted: true, last_doc: { of: 'two' } },
      { _id: 'settings@two/medic@two/medic@two/medic', source: 'two/medic', _rev: '1-q' },
    ]);
  });

  test('of a feed that goes back, rows are not even locked once it has shown', async () => {
    await using database = await migrated();
    const writer = writerOf(database.pool);
    const known = ['a', 'b', 'c'].map((id) => row(id, '1-x'));
    const touched = async () =>
      (await database.pool.query<{ xmax: string }>('SELECT xmax::text FROM v1.couchdb ORDER BY _id')).rows;
    for (const sequence of ['1', '2']) await writer.write(batch(sequence, ...known));
    const before = await touched();
    expect(await writer.write(batch('3', ...known))).toMatchObject({ rows: 0 });
    expect(await touched()).toEqual(before);
    expect(await writer.write(batch('4', ...known.slice(1), row('a', '2-y')))).toMatchObject({ rows: 1 });
    expect(await writer.write(batch('5', row('a', '3-z'), row('b', '2-y')))).toMatchObject({ rows: 2 });
  });

  test('takes over rows of cht-sync v2: the same revision is not written again, a newer one and a delete are', async () => {
    await using database = await migrated();
    await database.pool.query(`
      INSERT INTO v1.couchdb (saved_timestamp, _id, _deleted, source, doc) VALUES
        ('2025-01-01', 'same', false, 'h/medic', '{"_id": "same", "_rev": "1-a"}'),
        ('2025-01-01', 'gone', false, 'h/medic', '{"_id": "gone", "_rev": "1-a", "type": "person"}'),
        ('2025-01-01', 'nobody', false, NULL, '{"_id": "nobody", "_rev": "1-a"}')`);
    const rows = [row('same', '1-a'), row('gone', '2-b', {}, true), row('nobody', '2-b', { n: 1 })];
    expect(await writerOf(database.pool).write(batch('9', ...rows))).toMatchObject({ rows: 2 });
    expect(await table(database.pool)).toMatchObject([
      { _id: 'gone', _deleted: true, _rev: '2-b', last_doc: { type: 'person' } },
      { _id: 'nobody', source: 'h/medic', doc: { n: 1 } },
      { _id: 'same', _rev: null, stamp: '2025-01-01 00:00:00' },
    ]);
  });

  test('refuses to write when another process has moved the checkpoint, and changes nothing then', async () => {
    await using database = await migrated();
    await writerOf(database.pool).write(batch('1', row('a', '1-a')));
    const late = writerOf(database.pool);
    await expect(late.write(batch('9', row('a', '9-a')))).rejects.toMatchObject({ code: 'CHECKPOINT_MOVED' });
    await expect(late.write(batch('10', row('b', '1-b')))).rejects.toMatchObject({ code: 'CHECKPOINT_MOVED' });
    expect(await table(database.pool)).toMatchObject([{ _id: 'a', _rev: '1-a' }]);
  });

  test('makes no checkpoint anew that somebody has removed: what is before it would never be read', async () => {
    await using database = await migrated();
    const writer = writerOf(database.pool);
    await writer.write(batch('1', row('a', '1-a')));
    await database.pool.query('DELETE FROM v1.couchdb_progress; DELETE FROM v1.couchdb');
    await expect(writer.write(batch('2', row('b', '1-b')))).rejects.toMatchObject({ code: 'CHECKPOINT_MOVED' });
    expect(await table(database.pool)).toEqual([]);
  });

  test('parks what PostgreSQL cannot hold and writes the rest of the batch', async () => {
    await using database = await migrated();
    const writer = writerOf(database.pool);
    const bad = (id: string, value: string) => ({
      ...row(id, '1-x'),
      doc: Buffer.from(`{"_id":"${id}","n":${value}}`),
    });
    const rows = Array.from({ length: 50 }, (_, n) => row(`d${n}`, '1-a'));
    rows[7] = bad('d7', '1e999999');
    rows[31] = bad('d31', `"${String.raw`\ud800`}"`);
    const ids = { ...row('i'.repeat(1), '1-a'), id: Array.from({ length: 4000 }, (_, n) => n.toString(36)).join('') };
    expect(await writer.write(batch('5', ...rows, ids))).toMatchObject({ rows: 48, rejected: 3 });
    const parked = await database.pool.query(`SELECT _id, error_code FROM v1.couchdb_rejected ORDER BY _id`);
    expect(parked.rows).toMatchObject([
      { _id: ids.id, error_code: '54000' },
      { _id: 'd31', error_code: '22P02' },
      { _id: 'd7' },
    ]);
    expect((await database.pool.query(`SELECT seq FROM v1.couchdb_progress`)).rows).toEqual([{ seq: '5' }]);
    await writer.write(batch('6', row('d7', '2-x', { n: 1 })));
    expect((await database.pool.query(`SELECT 1 FROM v1.couchdb_rejected WHERE _id = 'd7'`)).rowCount).toBe(0);
  });

  test('stores a document exactly: large numbers, nested text, 1 MB', async () => {
    await using database = await migrated();
    const text = `{"_id":"a","n":123456789012345678901234567890.5,"s":"\\\\u0000 \\n\\t é 😀","big":"${'x'.repeat(1_000_000)}"}`;
    await writerOf(database.pool).write(batch('1', { id: 'a', rev: '1-a', deleted: false, doc: Buffer.from(text) }));
    const { rows } = await database.pool.query(`SELECT doc = $1::jsonb AS same, doc->>'n' AS n FROM v1.couchdb`, [
      text,
    ]);
    expect(rows).toEqual([{ same: true, n: '123456789012345678901234567890.5' }]);
  });
});

test('a reader that asks for what is newer than the newest it saw never misses a row, over many writers at once', async () => {
  await using database = await migrated();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 6 }), { maxLength: 6 }), {
        minLength: 2,
        maxLength: 5,
      }),
      async (sources) => {
        await database.pool.query('TRUNCATE v1.couchdb, v1.couchdb_progress, v1.couchdb_alias');
        const seen = new Map<string, string>();
        let newest = '-infinity';
        const read = async () => {
          const { rows } = await database.pool.query<{ _id: string; _rev: string; stamp: string }>(
            `SELECT _id, _rev, saved_timestamp::text AS stamp FROM v1.couchdb WHERE saved_timestamp > $1 ORDER BY saved_timestamp`,
            [newest],
          );
          for (const { _id, _rev, stamp } of rows) {
            seen.set(_id, _rev);
            newest = stamp;
          }
        };
        const writing = new AbortController();
        const reading = (async () => {
          while (!writing.signal.aborted) await read();
        })();
        let revision = 0;
        await Promise.all(
          sources.map(async (batches, source) => {
            const writer = writerOf(database.pool, `h${source}/medic`);
            await Promise.all(
              batches.map((ids, n) => {
                revision += 1;
                const rows = [...new Set(ids)].map((id) => row(`${id}`, `${revision}-${source}`));
                return writer.write(batch(`${n + 1}`, ...rows));
              }),
            );
          }),
        );
        writing.abort();
        await reading;
        await read();
        const { rows } = await database.pool.query<{ _id: string; _rev: string }>('SELECT _id, _rev FROM v1.couchdb');
        expect(seen).toEqual(new Map(rows.map(({ _id, _rev }) => [_id, _rev])));
        const stamps = await database.pool.query(
          'SELECT saved_timestamp FROM v1.couchdb GROUP BY 1 HAVING count(*) > 1',
        );
        expect(stamps.rows).toEqual([]);
      },
    ),
    { numRuns: 15 },
  );
});
