import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { createLog } from '../lib/index.js';
import { migrate, parkRejected, tableNames } from '../postgres/index.js';
import { runCommandLine } from './index.js';

const log = createLog({ level: 'silent', format: 'json', secrets: [] });
const names = tableNames('v1', 'couchdb');
const folder = mkdtempSync(join(tmpdir(), 'cht-sync-rejected-'));

describe('cht-sync rejected', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    await migrate({ pool: database.pool, family: 'documents', schema: 'v1', table: 'couchdb', log });
    await database.pool.query(`INSERT INTO v1.couchdb_progress (source) VALUES ('h/medic'), ('h/logs')`);
  });
  afterAll(() => database[Symbol.asyncDispose]());

  /** Parks four documents, of which PostgreSQL would take two now. */
  beforeEach(async () => {
    await database.pool.query('TRUNCATE v1.couchdb, v1.couchdb_rejected');
    const client = await database.pool.connect();
    const park = (source: string, id: string, json: string) =>
      parkRejected(client, names, source, {
        row: { id, rev: '2-a', deleted: false, doc: Buffer.from(json) },
        ...{ code: '22003', message: 'value overflows numeric format' },
      });
    await database.pool.query(
      `INSERT INTO v1.couchdb (_id, source, _rev, _deleted, saved_timestamp, doc) VALUES ('good', 'h/medic', '1-a', false, now(), '{}')`,
    );
    await park('h/medic', 'good', '{"_id":"good","_rev":"2-a","n":1}');
    await park('h/medic', 'large', `{"_id":"large","_rev":"2-a","n":1e999999,"text":"${'x'.repeat(20_000)}"}`);
    await park('h/medic', 'nul\0', '{"_id":"nul\\u0000","_rev":"2-a"}');
    await park('h/logs', 'good', '{"_id":"good","_rev":"2-a","n":1}');
    client.release();
  });

  async function run(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    const written = { stdout: '', stderr: '' };
    const stream = (name: keyof typeof written) =>
      ({
        write: (text: string) => {
          written[name] += text;
          return true;
        },
      }) as unknown as NodeJS.WriteStream;
    const { host, port, user, password, database: name } = database.connection;
    const env = {
      ...{ POSTGRES_HOST: host, POSTGRES_PORT: String(port), POSTGRES_USER: user },
      ...{ POSTGRES_PASSWORD: password, POSTGRES_DB: name },
    };
    const streams = { stdout: stream('stdout'), stderr: stream('stderr') };
    return { exitCode: await runCommandLine({ args: ['rejected', ...args], env, folder, ...streams }), ...written };
  }

  test('list shows what is parked and what the table has instead', async () => {
    const { exitCode, stdout } = await run('list');
    expect(exitCode).toBe(0);
    expect(stdout.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '(a time)          ')).toMatchInlineSnapshot(`
      "SOURCE   ID           REVISION  SQLSTATE  SIZE   SINCE (UTC)          THE TABLE HAS
      h/logs   good         2-a       22003     33 B   (a time)            nothing
      h/medic  good         2-a       22003     33 B   (a time)            1-a
      h/medic  large        2-a       22003     20 kB  (a time)            nothing
      h/medic  "nul\\u0000"  2-a       22003     32 B   (a time)            nothing

      4 documents are parked. \`cht-sync rejected show ID\` tells why.
      "
    `);
  });

  test('list gives JSON, and only one source if asked', async () => {
    const { stdout } = await run('list', '--json', '--source', 'logs');
    expect(JSON.parse(stdout)).toMatchObject([
      ...[{ source: 'h/logs', id: 'good', rev: '2-a', deleted: false, sqlstate: '22003', bytes: 33, stored: null }],
    ]);
    expect((JSON.parse((await run('list', '--json')).stdout) as unknown[]).length).toBe(4);
    expect(await run('list', '--source', 'nowhere')).toMatchObject({ exitCode: 2 });
  });

  test('show gives the text and the error, also of an id that text cannot hold', async () => {
    const { exitCode, stdout } = await run('show', 'good', '--source', 'h/medic');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^The table has +1-a$/m);
    expect(stdout).toMatch(/^Error +value overflows numeric format$/m);
    expect(stdout).toContain('\n\n{"_id":"good","_rev":"2-a","n":1}\n');
    for (const id of ['"nul\\u0000"', 'nul\ufffd']) {
      expect((await run('show', id)).stdout).toContain('{"_id":"nul\\u0000","_rev":"2-a"}');
    }
    expect((JSON.parse((await run('show', 'good', '--json')).stdout) as unknown[]).length).toBe(2);
  });

  test('show of a document that is not parked fails with its name', async () => {
    const { exitCode, stderr } = await run('show', 'other');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('No document other is parked.');
  });

  test('retry stores what PostgreSQL takes now, names the rest and exits 1', async () => {
    const { exitCode, stdout } = await run('retry');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('h/medic  good  2-a: stored\n');
    expect(stdout).toContain('h/medic  large  2-a: still refused: value overflows numeric format (SQLSTATE 22003)\n');
    expect(stdout).toContain('2 stored, 2 still parked.\n');
    const { rows } = await database.pool.query('SELECT _id, _rev FROM v1.couchdb ORDER BY _id');
    expect(rows).toEqual([
      { _id: 'good', _rev: '2-a' },
      { _id: 'good@h/logs', _rev: '2-a' },
    ]);
    expect((JSON.parse((await run('list', '--json')).stdout) as unknown[]).length).toBe(2);
  });

  test('retry of single documents leaves the others alone', async () => {
    const { exitCode, stdout } = await run('retry', 'good', '--source', 'medic', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ source: 'h/medic', id: 'good', rev: '2-a', outcome: 'stored' });
    expect((JSON.parse((await run('list', '--json')).stdout) as unknown[]).length).toBe(3);
  });

  test('with nothing parked, list and retry say so', async () => {
    await database.pool.query('TRUNCATE v1.couchdb_rejected');
    expect(await run('list')).toMatchObject({ exitCode: 0, stdout: 'No document is parked.\n' });
    expect(await run('retry')).toMatchObject({ exitCode: 0, stdout: 'No document is parked.\n' });
    expect(await run('list', '--json')).toMatchObject({ stdout: '[]\n' });
  });
});
