import { expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { createLog, SyncError } from '../lib/index.js';
import { migrate } from '../postgres/index.js';
import { Session } from './database/session.js';
import type { NodeResult } from './engine/engine.js';
import type { WorkerEngine } from './engine/worker-engine.js';
import type { ReadyPackage } from './package/keeper.js';
import { TestRounds } from './test-rounds.js';

const log = createLog({ level: 'silent', format: 'json', secrets: [] });
const models = ['model.p.a', 'model.p.b'];
const current: ReadyPackage = { project: '/project', graph: new Map(), selected: new Set(models) };
const intervalMs = 60_000;

/** Rounds with an engine that answers what it is told to. */
class Desk implements AsyncDisposable {
  now = Date.parse('2026-01-02T00:00:00Z');
  /** The names of the tests, and how often each fails from now on. */
  failing: Record<string, number> = {};
  refusal: Error | undefined;
  readonly asked: (readonly string[])[] = [];
  stopped = 0;
  rounds = this.begin();

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
    return new Desk(
      database,
      await Session.open({
        connection: database.connection,
        schema: 'v1',
        table: 'couchdb',
        place: { schema: 'v1' },
        ...told,
      }),
    );
  }

  begin(): TestRounds {
    const engine: Pick<WorkerEngine, 'load' | 'test' | 'stop'> = {
      load: () => Promise.resolve({ manifest: undefined as never, selected: [] }),
      test: (_project, select) => this.#test(select),
      stop: () => Promise.resolve(void (this.stopped += 1)),
    };
    return new TestRounds({
      ...{ schema: 'v1', testIntervalMs: intervalMs, runTimeoutMs: 1_000, onEnd: () => undefined, log },
      engine: () => engine,
      clock: { now: () => this.now, sleep: () => Promise.resolve() },
    });
  }

  /** Begins a round and takes over how it has ended. */
  async round(stale: readonly string[] = []): Promise<number | undefined> {
    const [begun, stops] = [this.asked.length, this.stopped];
    await this.rounds.step(this.session, current, new Set(stale));
    await expect.poll(() => this.asked.length).toBeGreaterThan(begun);
    await expect.poll(() => this.stopped).toBeGreaterThan(stops);
    return this.rounds.step(this.session, current, new Set(stale));
  }

  async rows(sql: string): Promise<unknown[]> {
    return (await this.database.pool.query<Record<string, unknown>>(sql)).rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close();
    await this.database[Symbol.asyncDispose]();
  }

  #test(select: readonly string[]): Promise<NodeResult[]> {
    this.asked.push(select);
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    const names = Object.keys(this.failing).filter((name) => select.length === 0 || select.includes(name));
    return Promise.resolve(
      names.map((name): NodeResult => {
        const fails = (this.failing[name] ?? 0) > 0;
        this.failing[name] = (this.failing[name] ?? 0) - 1;
        const ended = { rowsAffected: null, startedAt: null, durationMs: 1 };
        return { id: `test.p.${name}`, name, ...ended, status: fails ? 'failed' : 'ok', error: fails ? 'Got 1' : null };
      }),
    );
  }
}

test('a test counts as failing when it fails twice, and since when is kept until it passes', async () => {
  await using desk = await Desk.open();
  desk.failing = { good: 0, unlucky: 1, bad: 4 };
  const due = await desk.round();
  expect(due).toBe(desk.now + intervalMs);
  expect(desk.asked).toEqual([[], ['unlucky', 'bad']]);
  const read = 'SELECT name, status, error, failing_since, succeeded_at FROM v1.dataemon_test ORDER BY name';
  const first = new Date(desk.now);
  const good = { status: 'ok', error: null, failing_since: null, succeeded_at: first };
  expect(await desk.rows(read)).toEqual([
    { name: 'bad', status: 'failed', error: 'Got 1', failing_since: first, succeeded_at: null },
    ...[
      { name: 'good', ...good },
      { name: 'unlucky', ...good },
    ],
  ]);
  desk.now = due!;
  await desk.round();
  expect(await desk.rows(read)).toMatchObject([{ status: 'failed', failing_since: first }, {}, {}]);
  desk.now += intervalMs;
  await desk.round();
  expect(await desk.rows(read)).toMatchObject([{ status: 'ok', error: 'Got 1', failing_since: null }, {}, {}]);
});

test('a dataemon that is started again waits for the next round, and knows what failed', async () => {
  await using desk = await Desk.open();
  desk.failing = { bad: 2 };
  await desk.round();
  desk.rounds = desk.begin();
  expect(await desk.rounds.step(desk.session, current, new Set())).toBe(desk.now + intervalMs);
  expect(desk.rounds.status?.tests).toEqual([{ name: 'bad', status: 'failed', error: 'Got 1' }]);
});

test('models that are not built are left out, and nothing is forgotten of what was left out', async () => {
  await using desk = await Desk.open();
  desk.failing = { one: 0, two: 0 };
  await desk.round();
  desk.now += intervalMs;
  desk.failing = {};
  await desk.round(['model.p.b']);
  expect(desk.asked.at(-1)).toEqual(['fqn:model.p.a']);
  expect(await desk.rows('SELECT name FROM v1.dataemon_test ORDER BY name')).toEqual([
    { name: 'one' },
    { name: 'two' },
  ]);
  desk.now += intervalMs;
  desk.failing = { two: 0 };
  await desk.round();
  expect(await desk.rows('SELECT name FROM v1.dataemon_test')).toEqual([{ name: 'two' }]);
});

test('a round that cannot be run, or written down, is told of, throws nothing and comes again', async () => {
  await using desk = await Desk.open();
  desk.refusal = new SyncError('DBT_WORKER_FAILED', 'it did not end within 1 s');
  expect(await desk.round()).toBe(desk.now + intervalMs);
  desk.now += intervalMs;
  desk.refusal = undefined;
  desk.failing = { good: 0 };
  await desk.rows('ALTER TABLE v1.dataemon_test RENAME TO elsewhere');
  expect(await desk.round()).toBe(desk.now + intervalMs);
  await desk.rows('ALTER TABLE v1.elsewhere RENAME TO dataemon_test');
  desk.now += intervalMs;
  await desk.round();
  expect(await desk.rows('SELECT name, status FROM v1.dataemon_test')).toEqual([{ name: 'good', status: 'ok' }]);
});
