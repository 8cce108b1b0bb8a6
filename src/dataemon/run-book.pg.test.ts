import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { createLog, SyncError } from '../lib/index.js';
import { migrate } from '../postgres/index.js';
import { readReports, type ModelReport } from './database/model-report.js';
import { Session } from './database/session.js';
import type { NodeResult } from './engine/engine.js';
import type { Model } from './manifest/graph.js';
import { RunBook } from './run-book.js';

const log = createLog({ level: 'silent', format: 'json', secrets: [] });
const fingerprint = { sql: 'a', config: 'b', contract: 'c', macros: 'd', inputs: 'e' };

function model(name: string, materialized = 'incremental'): Model {
  const relation = { schema: 'v1', alias: name, materialized, keepsUp: false, takesAnyOrder: true, plannable: false };
  return { id: `model.p.${name}`, name, fqn: ['p', name], ...relation, parents: [], fingerprint };
}

function node(name: string, more: Partial<NodeResult> = {}): NodeResult {
  const ended = { status: 'ok', rowsAffected: 1, startedAt: null, durationMs: 1.5, error: null } as const;
  return { id: `model.p.${name}`, name, ...ended, ...more };
}

class Desk implements AsyncDisposable {
  now = Date.parse('2026-01-02T00:00:00Z');
  readonly reached = new Map<string, string>();
  readonly retries = new Map<string, number>();
  readonly book = new RunBook({
    schema: 'v1',
    models: { reachedBy: (id) => this.reached.get(id), retryAt: (id) => this.retries.get(id) },
    clock: { now: () => this.now, sleep: () => Promise.resolve() },
  });

  private constructor(
    readonly database: TestDatabase,
    readonly session: Session,
  ) {}

  static async open(): Promise<Desk> {
    const database = await createTestDatabase();
    for (const family of ['documents', 'dataemon'] as const) {
      await migrate({ pool: database.pool, family, schema: 'v1', table: 'couchdb', log });
    }
    const told = { onChange: () => undefined, onLost: () => undefined };
    const place = { connection: database.connection, schema: 'v1', table: 'couchdb', place: { schema: 'v1' } };
    return new Desk(database, await Session.open({ ...place, ...told }));
  }

  record(...results: NodeResult[]): Promise<void> {
    return this.#record(results, false);
  }

  recordStanding(...results: NodeResult[]): Promise<void> {
    return this.#record(results, true);
  }

  async #record(results: readonly NodeResult[], isStanding: boolean): Promise<void> {
    const startedAt = new Date(this.now).toISOString();
    const ended = { durationMs: 1, models: results.length, failed: 0, rowsAffected: 0 };
    await this.book.record(
      this.session,
      { id: randomUUID(), kind: 'increment', startedAt, ...ended },
      results,
      isStanding,
    );
  }

  async reports(): Promise<Record<string, ModelReport>> {
    const place = { schema: 'v1', rootSchema: 'v1', table: 'couchdb' };
    const { models } = await readReports(this.database.pool, place);
    return Object.fromEntries(models.map((report) => [report.name, report]));
  }

  async rows(sql: string): Promise<unknown[]> {
    return (await this.database.pool.query<Record<string, unknown>>(sql)).rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close();
    await this.database[Symbol.asyncDispose]();
  }
}

test('a model is pending until it has run, and goes from the book when it goes from the package', async () => {
  await using desk = await Desk.open();
  await desk.book.open(desk.session, [model('a'), model('b')], new Set(['model.p.a', 'model.p.b']));
  expect(await desk.reports()).toMatchObject({ a: { status: 'pending', rows: null, lag: null }, b: {} });
  await desk.record(node('a'), node('b'));
  expect(await desk.reports()).toMatchObject({ a: { status: 'ok', lastSuccessAt: new Date(desk.now) } });
  await desk.book.open(desk.session, [model('a'), model('c')], new Set(['model.p.c']));
  const reports = await desk.reports();
  expect(Object.keys(reports).sort()).toEqual(['a', 'c']);
  expect(reports).toMatchObject({ a: { status: 'ok' }, c: { status: 'pending' } });
});

test('taking over the same models again writes nothing', async () => {
  await using desk = await Desk.open();
  const versions = 'SELECT xmin::text, ctid::text FROM v1.dataemon_model ORDER BY model';
  await desk.book.open(desk.session, [model('a'), model('b')], new Set(['model.p.a']));
  const before = await desk.rows(versions);
  await desk.book.open(desk.session, [model('a'), model('b')], new Set(['model.p.a']));
  expect(await desk.rows(versions)).toEqual(before);
});

test('the lag is that of what a model holds by its own watermark, else of what it had reached; views have none', async () => {
  await using desk = await Desk.open();
  await desk.database.pool.query(`
    INSERT INTO v1.couchdb (_id, saved_timestamp)
      SELECT 'doc' || n, clock_timestamp() AT TIME ZONE 'UTC' - n * interval '1 hour' FROM generate_series(1, 5) AS n;
    CREATE TABLE v1.dbt_watermark (model text PRIMARY KEY, saved_timestamp timestamp NOT NULL, filled_from timestamp, filled_to timestamp);
    INSERT INTO v1.dbt_watermark
      SELECT 'kept', saved_timestamp FROM v1.couchdb WHERE _id = 'doc1'
      UNION ALL SELECT 'late', saved_timestamp FROM v1.couchdb WHERE _id = 'doc3';
    INSERT INTO v1.dbt_watermark
      SELECT 'filling', '-infinity', f.saved_timestamp, t.saved_timestamp FROM v1.couchdb f, v1.couchdb t WHERE f._id = 'doc4' AND t._id = 'doc2'`);
  const [row] = (await desk.rows(`SELECT saved_timestamp::text AS at FROM v1.couchdb WHERE _id = 'doc2'`)) as {
    at: string;
  }[];
  const models = [model('kept'), model('late'), model('filling'), model('foreign', 'table'), model('seen', 'view')];
  await desk.book.open(desk.session, models, new Set());
  desk.reached.set('model.p.foreign', row!.at);
  await desk.record(node('kept'), node('late'), node('filling'), node('foreign'), node('seen'));
  const { kept, late, filling, foreign, seen } = await desk.reports();
  expect(kept?.lag).toEqual({ ms: 0, documents: 0, hasMore: false });
  expect(late?.lag).toMatchObject({ documents: 2, hasMore: false });
  expect(late!.lag!.ms / 3_600_000).toBeCloseTo(2, 1);
  // One that is newer than what it holds, and two that are older.
  expect(filling?.lag).toMatchObject({ documents: 3, hasMore: false });
  expect(foreign?.lag).toMatchObject({ documents: 1 });
  expect(seen?.lag).toBeNull();
});

test('what is brought on by the package of before has run, and is what it was said to be', async () => {
  await using desk = await Desk.open();
  const models = [model('picky'), model('below'), model('late')];
  await desk.book.open(desk.session, models, new Set(models.map(({ id }) => id)));
  const failed = { status: 'failed', error: 'division by zero' } as const;
  desk.retries.set('model.p.picky', desk.now + 60_000);
  await desk.record(node('picky', failed));
  const failedAt = new Date(desk.now);
  desk.now += 10_000;
  const retryAt = new Date(desk.now + 60_000);
  // Of this failure nothing is written yet when the next run ends.
  desk.book.failed({ kind: 'full-refresh', models: ['model.p.late'] }, [], failedAt, new Error('dbt hung'));
  desk.reached.set('model.p.picky', '2026-01-01T00:00:00');
  await desk.recordStanding(node('picky'), node('below'), node('late'));
  expect(await desk.reports()).toMatchObject({
    picky: {
      status: 'failed',
      lastSuccessAt: new Date(desk.now),
      lastError: { at: failedAt, since: failedAt, tries: 1 },
    },
    below: { status: 'pending', lastSuccessAt: new Date(desk.now), lastError: null },
    late: { status: 'failed', lastError: { message: 'dbt hung' } },
  });
  expect(await desk.rows(`SELECT reached::text FROM v1.dataemon_model WHERE name = 'picky'`)).toEqual([
    { reached: '2026-01-01 00:00:00' },
  ]);
  desk.now += 10_000;
  desk.retries.set('model.p.picky', retryAt.getTime());
  await desk.record(node('picky', failed));
  expect(await desk.reports()).toMatchObject({ picky: { retryAt, lastError: { tries: 2, since: failedAt } } });
});

test('a failure is written at once, counted until the model is well, and its words are kept', async () => {
  await using desk = await Desk.open();
  await desk.book.open(desk.session, [model('picky'), model('below')], new Set());
  const error = 'Database Error in model picky\n  division by zero\n  compiled code at target/run/p/picky.sql';
  const since = new Date(desk.now);
  for (let n = 0; n < 2; n += 1) {
    desk.retries.set('model.p.picky', desk.now + 1_000);
    await desk.record(node('picky', { status: 'failed', error }), node('below', { status: 'skipped' }));
    desk.now += 100;
  }
  expect(await desk.reports()).toMatchObject({
    picky: {
      ...{ status: 'failed', lastSuccessAt: null, retryAt: new Date(desk.now + 900) },
      lastError: { since, tries: 2, message: error, compiledSql: 'target/run/p/picky.sql' },
    },
    below: { status: 'skipped', lastError: null },
  });
  desk.now += 10_000;
  await desk.record(node('picky'), node('below'));
  expect(await desk.reports()).toMatchObject({
    picky: { status: 'ok', retryAt: null, lastError: { since: null, tries: 0, message: error } },
    below: { status: 'ok' },
  });
});

test('increments that go well are written now and then, and what is left is written when it is due', async () => {
  await using desk = await Desk.open();
  await desk.book.open(desk.session, [model('a')], new Set());
  await desk.record(node('a'));
  const first = new Date(desk.now);
  desk.now += 500;
  await desk.record(node('a'));
  expect((await desk.reports()).a?.lastSuccessAt).toEqual(first);
  const due = await desk.book.write(desk.session);
  desk.now = due!;
  expect(await desk.book.write(desk.session)).toBeUndefined();
  expect((await desk.reports()).a?.lastSuccessAt).toEqual(new Date(first.getTime() + 500));
  expect(await desk.rows('SELECT runs, rows_affected FROM v1.dataemon_run')).toEqual([{ runs: 2, rows_affected: '2' }]);
});

test('a run that did not end as runs end is written in the next session, once for the same words', async () => {
  await using desk = await Desk.open();
  await desk.book.open(desk.session, [model('slow'), model('other')], new Set());
  const run = { kind: 'increment', models: ['model.p.slow', 'model.p.other'] } as const;
  const hung = new SyncError('DBT_WORKER_FAILED', 'it did not end within 3 s');
  for (let n = 0; n < 2; n += 1) desk.book.failed(run, ['model.p.slow'], new Date(desk.now - 3_000), hung);
  desk.book.failed(run, [], new Date(desk.now), new SyncError('POSTGRES_UNREACHABLE', 'gone'));
  await desk.book.open(desk.session, [model('slow'), model('other')], new Set());
  expect(await desk.rows('SELECT model, status, error, runs FROM v1.dataemon_run')).toEqual([
    { model: 'model.p.slow', status: 'failed', error: 'it did not end within 3 s', runs: 2 },
  ]);
  expect(await desk.reports()).toMatchObject({ slow: { status: 'failed' }, other: { status: 'pending' } });
});

test('what could not be written for want of a connection is written in the next session', async () => {
  await using desk = await Desk.open();
  await desk.book.open(desk.session, [model('a')], new Set());
  await desk.session.close();
  await expect(desk.record(node('a'))).rejects.toMatchObject({ code: 'POSTGRES_UNREACHABLE' });
  const told = { onChange: () => undefined, onLost: () => undefined };
  const place = { connection: desk.database.connection, schema: 'v1', table: 'couchdb', place: { schema: 'v1' } };
  const next = await Session.open({ ...place, ...told });
  await desk.book.open(next, [model('a')], new Set());
  await next.close();
  expect(await desk.rows('SELECT model, status FROM v1.dataemon_run')).toEqual([{ model: 'model.p.a', status: 'ok' }]);
  expect(await desk.reports()).toMatchObject({ a: { status: 'ok' } });
});
