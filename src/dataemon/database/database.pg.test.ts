import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { createLog } from '../../lib/index.js';
import { changeChannel, migrate } from '../../postgres/index.js';
import type { NodeResult } from '../engine/engine.js';
import { emptyRecord, type BuiltModels } from '../manifest/built-models.js';
import type { Model } from '../manifest/graph.js';
import { readBuiltByOthers, readRecord, writeBuilt } from './manifest-store.js';
import { pruneRecords, writeRecord } from './records.js';
import { countRows, existingModels } from './relations.js';
import { tellOthers } from './models-channel.js';
import { Session } from './session.js';
import { readWatermark } from './watermark.js';

const log = createLog({ level: 'silent', format: 'json', secrets: [] });
const silent = { onChange: () => undefined, onLost: () => undefined };

async function open(
  database: TestDatabase,
  told: { onChange: () => void; onLost: () => void } = silent,
): Promise<Session> {
  for (const family of ['documents', 'dataemon'] as const) {
    await migrate({ pool: database.pool, family, schema: 'v1', table: 'couchdb', log });
  }
  return Session.open({
    connection: database.connection,
    schema: 'v1',
    table: 'couchdb',
    place: { schema: 'v1', selector: 'base' },
    ...told,
  });
}

const fingerprint = { sql: 'a', config: 'b', contract: 'c', macros: 'd', inputs: 'e' };

function model(name: string): Model {
  const relation = {
    schema: 'v1',
    alias: name,
    materialized: 'incremental',
    keepsUp: false,
    takesAnyOrder: true,
    plannable: false,
  };
  return { id: `model.p.${name}`, name, fqn: ['p', name], ...relation, parents: [], fingerprint };
}

test('a session hears of changes of its own table, of the models of other selectors, and of its end', async () => {
  await using database = await createTestDatabase();
  const heard: string[] = [];
  const session = await open(database, { onChange: () => heard.push('change'), onLost: () => heard.push('lost') });
  for (const payload of ['not JSON', '{"schema":"v2","table":"couchdb"}', '{"schema":"v1","table":"other"}']) {
    await database.pool.query('SELECT pg_notify($1, $2)', [changeChannel, payload]);
  }
  const place = { schema: 'v1', selector: 'base' };
  for (const other of [place, { ...place, schema: 'v2' }]) await tellOthers(session, other);
  await database.pool.query('SELECT pg_notify($1, $2)', [changeChannel, '{"schema":"v1","table":"couchdb"}']);
  await expect.poll(() => heard).toEqual(['change']);
  await tellOthers(session, { ...place, selector: 'forms' });
  await expect.poll(() => heard).toEqual(['change', 'change']);
  await database.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cht-sync dataemon'`,
  );
  await expect.poll(() => heard).toEqual(['change', 'change', 'lost']);
  expect(session.lost).toBe(true);
  await expect(session.query('asking', 'SELECT 1')).rejects.toMatchObject({ code: 'POSTGRES_UNREACHABLE' });
});

test('one session at a time has a lock', async () => {
  await using database = await createTestDatabase();
  const [one, other] = [await open(database), await open(database)];
  expect(await one.tryLock('models')).toBe(true);
  expect(await other.tryLock('models')).toBe(false);
  expect(await other.tryLock('other models')).toBe(true);
  await one.close();
  await expect.poll(() => other.tryLock('models')).toBe(true);
  await other.close();
});

test('the watermark is the greatest saved_timestamp; without documents empty, without table undefined', async () => {
  await using database = await createTestDatabase();
  const session = await open(database);
  expect(await readWatermark(session, 'v1', 'couchdb')).toBe('');
  await database.pool.query(
    `INSERT INTO v1.couchdb (_id, saved_timestamp) VALUES ('a', '2026-01-02 03:04:05.000001'), ('b', '2025-01-01')`,
  );
  expect(await readWatermark(session, 'v1', 'couchdb')).toBe('2026-01-02T03:04:05.000001');
  expect(await readWatermark(session, 'v1', 'missing')).toBeUndefined();
  expect(await readWatermark(session, 'missing', 'couchdb')).toBeUndefined();
  await session.close();
});

test('what was built is kept for each selector, and only the newest few', async () => {
  await using database = await createTestDatabase();
  const session = await open(database);
  const built = (id: string, builtAt: string): BuiltModels => new Map([[id, { ...fingerprint, builtAt }]]);
  const everything = { schema: 'v1', selector: undefined };
  const base = { schema: 'v1', selector: 'base' };
  expect(await readRecord(session, everything)).toEqual({
    record: emptyRecord,
    ours: emptyRecord,
    writtenOn: undefined,
  });
  const record = { ...emptyRecord, doubtful: new Map([['a', null]]) };
  let writtenOn: string | undefined;
  for (let n = 10; n < 25; n += 1) {
    writtenOn = await writeBuilt(session, everything, 'bundled', { ...record, built: built('a', String(n)) });
  }
  const all = { ...record, built: built('a', '24') };
  expect(await readRecord(session, everything)).toEqual({ record: all, ours: all, writtenOn });
  // What another selector has built stands, too.
  expect(await readRecord(session, base)).toEqual({ record: all, ours: emptyRecord, writtenOn: undefined });
  await writeBuilt(session, base, 'bundled', { ...emptyRecord, built: built('a', '25') });
  const now = { ...emptyRecord, built: built('a', '25') };
  expect(await readRecord(session, everything)).toEqual({ record: now, ours: all, writtenOn });
  expect((await database.pool.query('SELECT FROM v1._dataemon WHERE dbt_selector IS NULL')).rowCount).toBe(10);
  await session.close();
});

test('of models that others build, what their dataemon has built itself counts, and of several what was built last', async () => {
  await using database = await createTestDatabase();
  const session = await open(database);
  const write = (selector: string | undefined, own: string, builtAt: string) => {
    const record = { built: new Map([[own, { ...fingerprint, builtAt }]]), doubtful: new Map([[own, null]]) };
    return writeBuilt(session, { schema: 'v1', selector }, 'bundled', record);
  };
  const others = async () => {
    const found = await readBuiltByOthers(session, { schema: 'v1', selector: 'mine' }, ['a', 'b', 'c']);
    return Object.fromEntries([...found].map(([id, { builtAt }]) => [id, builtAt]));
  };
  await database.pool.query(`INSERT INTO v1._dataemon (manifest) VALUES ('{"nodes": {}}'), (NULL)`);
  expect(await others()).toEqual({});
  await write('mine', 'a', '9');
  expect(await others()).toEqual({});
  await write('one', 'a', '3');
  await write('two', 'b', '4');
  expect(await others()).toEqual({ a: '3', b: '4' });
  await write(undefined, 'b', '2');
  await write('one', 'a', '5');
  expect(await others()).toEqual({ a: '5', b: '4' });
  await session.close();
});

test('a record has the models that were changed, built or failed; after 14 days it goes', async () => {
  await using database = await createTestDatabase();
  const session = await open(database);
  const node = (id: string, more: Partial<NodeResult>): NodeResult => ({
    ...{ id, name: id, status: 'ok', rowsAffected: 0, startedAt: null, durationMs: 1.5, error: null },
    ...more,
  });
  const run = { id: randomUUID(), selector: undefined, kind: 'increment' as const };
  await writeRecord(session, 'v1', {
    ...run,
    startedAt: new Date(),
    nodes: [
      node('model.p.changed', { rowsAffected: 3 }),
      node('model.p.same', {}),
      node('model.p.bad', { status: 'failed', rowsAffected: null, error: 'division by zero' }),
      node('operation.p.hook', { rowsAffected: 7 }),
    ],
  });
  const { rows } = await database.pool.query(
    'SELECT model, status, rows_affected, error FROM v1.dataemon_run ORDER BY model',
  );
  expect(rows).toEqual([
    { model: 'model.p.bad', status: 'failed', rows_affected: null, error: 'division by zero' },
    { model: 'model.p.changed', status: 'ok', rows_affected: '3', error: null },
  ]);

  const old = { ...run, id: randomUUID(), startedAt: new Date(Date.now() - 15 * 24 * 3_600_000) };
  await writeRecord(session, 'v1', { ...old, nodes: [node('model.p.changed', { rowsAffected: 1 })] });
  await pruneRecords(session, 'v1');
  expect((await database.pool.query('SELECT FROM v1.dataemon_run')).rowCount).toBe(2);
  await session.close();
});

test('rows are counted where that is cheap, else estimated; views have none', async () => {
  await using database = await createTestDatabase();
  const session = await open(database);
  await database.pool.query(`
    CREATE TABLE v1.small AS SELECT generate_series(1, 10) AS n;
    CREATE TABLE v1.large AS SELECT repeat('x', 1000) AS filler FROM generate_series(1, 20000);
    ANALYZE v1.large;
    CREATE VIEW v1.seen AS SELECT 1 AS n;
  `);
  const models = ['small', 'large', 'seen', 'missing'].map(model);
  const counts = await countRows(session, models);
  expect(counts.get('model.p.small')).toBe(10);
  expect(counts.get('model.p.large')).toBeGreaterThan(19_000);
  expect([...counts.keys()].sort()).toEqual(['model.p.large', 'model.p.small']);
  const existing = await existingModels(session, models);
  expect([...existing.keys()].sort()).toEqual(['large', 'seen', 'small'].map((name) => `model.p.${name}`));
  await database.pool.query('DROP TABLE v1.small; CREATE TABLE v1.small (n integer)');
  const later = await existingModels(session, models);
  const same = [...later].filter(([id, relation]) => existing.get(id) === relation).map(([id]) => id);
  expect(same.sort()).toEqual(['large', 'seen'].map((name) => `model.p.${name}`));
  await session.close();
});
