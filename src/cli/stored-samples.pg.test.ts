import { expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { createLog } from '../lib/index.js';
import { migrate, storeVerification, tableNames } from '../postgres/index.js';
import { StoredReader } from './stored-samples.js';

const log = createLog({ level: 'silent', format: 'json', secrets: [] });
const all = { sources: ['a.example.org/medic', 'a.example.org/_users'], models: true };

interface Reading extends AsyncDisposable {
  readonly reader: StoredReader;
}

function readerOf({ connection }: Pick<TestDatabase, 'connection'>, timeoutMs?: number): Reading {
  const place = { connection, schema: 'v1', rootSchema: 'v1', table: 'couchdb', selector: undefined };
  const reader = new StoredReader(place, log, timeoutMs);
  return { reader, [Symbol.asyncDispose]: () => reader.close() };
}

async function prepare({ pool }: TestDatabase): Promise<void> {
  for (const family of ['documents', 'dataemon'] as const) {
    await migrate({ pool, family, schema: 'v1', table: 'couchdb', log });
  }
}

test('before there are tables nothing is known, and that is no error', async () => {
  await using database = await createTestDatabase();
  await using reading = readerOf(database);
  expect(await reading.reader.read(all)).toEqual({
    ...{ sources: [], models: [] },
    watchdog: { target: null, latencyMs: null, durations: new Map() },
  });
});

test('what is parked and how sources were verified is told of the sources that are asked for', async () => {
  await using database = await createTestDatabase();
  await using reading = readerOf(database);
  await prepare(database);
  const { pool } = database;
  await pool.query(
    `INSERT INTO v1.couchdb_progress (source, seq) VALUES ('a.example.org/medic', '5-x'), ('a.example.org/_users', '2-y'),
       ('b.example.org/medic', '7-z')`,
  );
  await pool.query(
    `INSERT INTO v1.couchdb_rejected (source, _id, _deleted, doc, error_code, error)
     SELECT 'a.example.org/medic', 'd' || n, false, '{}', '22003', 'no' FROM generate_series(1, 3) AS n`,
  );
  const endedAt = new Date('2026-01-02T03:04:05Z');
  const differences = { missing: 1, stale: 2, extra: 0, parked: 3, purged: 0 };
  await storeVerification(pool, tableNames('v1', 'couchdb'), {
    ...{ source: 'a.example.org/medic', startedAt: endedAt, endedAt, compared: 100, ...differences },
    ...{ repaired: 1, remaining: 5, differences: [] },
  });
  const { sources } = await reading.reader.read(all);
  expect(sources).toEqual([
    { source: 'a.example.org/_users', parked: 0, verification: null },
    {
      ...{ source: 'a.example.org/medic', parked: 3 },
      verification: { endedAt: endedAt.getTime(), compared: 100, differences, remaining: 5 },
    },
  ]);
});

test('the lag of a model is the age of the oldest document it lacks; what Watchdog reads is of all of them', async () => {
  await using database = await createTestDatabase();
  await using reading = readerOf(database);
  await prepare(database);
  const { pool } = database;
  await pool.query(`INSERT INTO v1.couchdb_progress (source, seq) VALUES ('a.example.org/medic', '5-x')`);
  await pool.query(
    `INSERT INTO v1.couchdb (_id, saved_timestamp, _deleted)
     SELECT 'd' || n, (now() AT TIME ZONE 'UTC') - n * interval '1 minute', false FROM generate_series(1, 5) AS n`,
  );
  await pool.query('CREATE TABLE v1.document_metadata AS SELECT * FROM v1.couchdb ORDER BY saved_timestamp LIMIT 3');
  const model = (name: string, minutes: number | null, selector = '', materialized = 'incremental') =>
    pool.query(
      `INSERT INTO v1.dataemon_model
         (selector, model, name, schema_name, relation, materialized, status, reached, succeeded_at)
       SELECT $1, 'model.p.' || $2, $2, 'v1', $2, $3, 'ok', (now() AT TIME ZONE 'UTC') - $4 * interval '1 minute', now()`,
      [selector, name, materialized, minutes],
    );
  await Promise.all([model('current', 0), model('behind', 3.5), model('unknown', null), model('seen', 3, '', 'view')]);
  await model('others', 4, 'other');
  await pool.query(
    `INSERT INTO v1.dataemon_run (run_id, model, name, kind, status, started_at, duration_ms, runs)
     SELECT gen_random_uuid(), 'model.p.current', 'current', 'increment', 'ok', now() - n * interval '1 hour', n * 100, n
     FROM generate_series(1, 2) AS n`,
  );

  const { models, watchdog } = await reading.reader.read(all);
  const lags = Object.fromEntries(models.map(({ name, lagMs }) => [name, lagMs]));
  expect(lags).toEqual({ current: 0, behind: expect.any(Number) as number, unknown: null, seen: null });
  expect(lags.behind! / 60_000).toBeCloseTo(3, 0);
  expect(models[0]?.lastSuccessAt).toBeGreaterThan(Date.now() - 600_000);
  expect(watchdog).toMatchObject({ target: 'a.example.org', durations: new Map([['current', 100]]) });
  expect(watchdog!.latencyMs).toBeCloseTo(120_000, -2);

  await pool.query(`INSERT INTO v1.couchdb_progress (source, seq) VALUES ('b.example.org/medic', '5-x')`);
  expect((await reading.reader.read(all)).watchdog?.target).toBeNull();
});

test('a statement that would take long is given up by PostgreSQL, too', async () => {
  await using database = await createTestDatabase();
  await using reading = readerOf(database, 200);
  await prepare(database);
  const { pool } = database;
  await pool.query('ALTER TABLE v1.couchdb_progress RENAME TO hidden');
  await pool.query('CREATE VIEW v1.couchdb_progress AS SELECT h.*, pg_sleep(60)::text FROM v1.hidden h');
  await pool.query(`INSERT INTO v1.hidden (source, seq) VALUES ('a.example.org/medic', '5-x')`);
  await expect(reading.reader.read({ ...all, models: false })).rejects.toThrow(/statement timeout/);
  // PostgreSQL tells the error a moment before it says that the session is idle.
  const active = `SELECT FROM pg_stat_activity
    WHERE application_name = 'cht-sync monitoring' AND datname = current_database() AND state = 'active'`;
  await expect.poll(async () => (await pool.query(active)).rowCount).toBe(0);
});

test('no PostgreSQL is an error', async () => {
  await using reading = readerOf({
    connection: { host: '127.0.0.1', port: 1, user: 'nobody', password: 'none', database: 'none' },
  });
  await expect(reading.reader.read(all)).rejects.toThrow();
});
