import { rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestCouchDb, type TestCouchDb } from '../support/couchdb.js';
import { Disposables } from '../support/disposables.js';
import { startOwnPostgres, type OwnPostgres } from './support/own-postgres.js';
import { Scene, type Instance } from './support/scene.js';
import { WatermarkReader } from './support/watermark-reader.js';

const stack = new Disposables();
let couchdb: TestCouchDb;
let postgres: OwnPostgres;
beforeAll(async () => {
  couchdb = stack.use(await createTestCouchDb());
  postgres = stack.use(await startOwnPostgres());
});
afterAll(() => stack[Symbol.asyncDispose]());

interface Stage extends AsyncDisposable {
  readonly scene: Scene;
  readonly instance: Instance;
  /** Runs SQL past couch2pg, each statement by itself. */
  sql(...statements: string[]): Promise<void>;
  /** Writes so many documents. */
  write(count?: number): Promise<void>;
  /** Waits until all is there again, and was seen in order. */
  mended(): Promise<void>;
}

/** A couch2pg that is live on a database of this server. */
async function open(answerTimeoutMs = 20_000, onSmallDisk = false): Promise<Stage> {
  const database = await postgres.createDatabase(onSmallDisk);
  const scene = await Scene.open({ couchdb, database });
  const reader = new WatermarkReader(database);
  await scene.source.write({ _id: 'first' });
  const instance = scene.start({ answerTimeoutMs });
  await instance.until('live');
  // Its session has the settings of now, whatever is set for new ones.
  const past = await database.pool.connect();
  let n = 0;
  return {
    scene,
    instance,
    sql: async (...statements) => {
      for (const statement of statements) await past.query(statement);
    },
    write: async (count = 5) => {
      await scene.source.write(
        ...Array.from({ length: count }, () => ({ _id: `d${(n += 1)}`, text: 'x'.repeat(100) })),
      );
    },
    mended: async () => {
      await reader.hasSeen(await scene.caughtUp());
      await instance.until('live');
      expect(instance.status().error).toBeNull();
    },
    [Symbol.asyncDispose]: async () => {
      await reader[Symbol.asyncDispose]();
      past.release(true);
      await scene[Symbol.asyncDispose]();
    },
  };
}

/** A session that does something and holds on to it until it is disposed of. */
async function holding({ scene }: Stage, ...statements: string[]): Promise<AsyncDisposable & { client: pg.Client }> {
  const client = new pg.Client(scene.database.connection);
  client.on('error', () => undefined);
  await client.connect();
  await client.query('BEGIN');
  for (const statement of statements) await client.query(statement);
  return { client, [Symbol.asyncDispose]: () => client.end() };
}

const unreachable = /^POSTGRES_UNREACHABLE$/;
const unwritable = /^POSTGRES_UNWRITABLE$/;
const refused = /^POSTGRES_STATEMENT_FAILED$/;

const endSessions = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND application_name LIKE 'cht-sync%'`;

describe('a PostgreSQL that', () => {
  test.each(['restart', 'crash'] as const)('has a %s is waited for', async (what) => {
    await using stage = await open();
    await stage.write();
    const gone = postgres[what]();
    await stage.write(50);
    await gone;
    await stage.mended();
    expect((await stage.instance.tells(unreachable)).length).toBeLessThan(3);
  });

  test('is away for many tries is told of once', async () => {
    await using stage = await open();
    await postgres.stop();
    await stage.write();
    await stage.instance.tells(unreachable);
    const before = stage.instance.lines.length;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(stage.instance.lines.slice(before)).toEqual([]);
    expect(stage.instance.status()).toMatchObject({ error: { code: 'POSTGRES_UNREACHABLE' } });
    await postgres.start();
    await stage.mended();
    expect(await stage.instance.tells(unreachable)).toHaveLength(1);
  });

  test('ends the sessions of couch2pg, again and again, is connected to anew', async () => {
    await using stage = await open();
    for (let n = 0; n < 5; n += 1) {
      await Promise.all([stage.write(100), stage.sql(endSessions)]);
    }
    await stage.mended();
  });

  test('finds a deadlock has its victim try again', async () => {
    await using stage = await open();
    await stage.write();
    await stage.mended();
    // couch2pg takes the watermark first and then the row; this one the other way round.
    await using other = await holding(stage, `SELECT FROM v1.couchdb WHERE _id = 'first' FOR UPDATE`);
    const blocked = stage.scene.postgresProxy.once('upsert', 'before', () => undefined);
    await stage.scene.source.write({ ...(await stage.scene.source.get('first')), edited: true });
    await blocked;
    await other.client.query(`SET deadlock_timeout = '100s'`);
    const either = await other.client.query('SELECT FROM v1.couchdb_watermark FOR UPDATE').catch((e: unknown) => e);
    // The session that waits longest looks for the deadlock: that of couch2pg.
    expect(either).not.toBeInstanceOf(Error);
    await other.client.query('ROLLBACK');
    await stage.mended();
    expect(await stage.instance.tells(refused)).toHaveLength(1);
  });

  test.each([
    ['the table', 'LOCK TABLE v1.couchdb IN ACCESS EXCLUSIVE MODE'],
    ['the watermark', 'UPDATE v1.couchdb_watermark SET saved_timestamp = saved_timestamp'],
    ['the checkpoints', 'LOCK TABLE v1.couchdb_progress IN ACCESS EXCLUSIVE MODE'],
  ])('has %s locked by somebody for long is waited for', async (_, lock) => {
    await using stage = await open(1_000);
    {
      await using held = await holding(stage, lock);
      await stage.write();
      await stage.instance.tells(refused);
      expect(stage.instance.status().state).not.toBe('failed');
      await held.client.query('ROLLBACK');
    }
    await stage.mended();
    expect(await stage.instance.tells(refused)).toHaveLength(1);
  });

  test.each([
    ['default_transaction_read_only', 'on', unwritable, 'failed'],
    ['statement_timeout', '1ms', refused, 'backing-off'],
    // Those of our own sessions go before.
    ['lock_timeout', '1ms', undefined, undefined],
    ['idle_in_transaction_session_timeout', '1ms', undefined, undefined],
  ] as const)('has %s set to %s loses nothing', async (setting, value, code, state) => {
    await using stage = await open();
    const states: string[] = [];
    stage.instance.couch2pg.onChange(() => states.push(stage.instance.status().state));
    const name = stage.scene.database.connection.database;
    await stage.sql(`ALTER DATABASE ${name} SET ${setting} = '${value}'`, endSessions);
    await stage.write(50);
    if (code !== undefined) await stage.instance.tells(code);
    if (state !== undefined) expect(states).toContain(state);
    await stage.sql(`ALTER DATABASE ${name} RESET ${setting}`, endSessions);
    await stage.mended();
  });

  test('has no connection left is waited for', async () => {
    await using stage = await open();
    const others: pg.Client[] = [];
    try {
      for (let n = 0; n < 40; n += 1) {
        const client = new pg.Client(stage.scene.database.connection);
        client.on('error', () => undefined);
        others.push(client);
        await client.connect();
      }
    } catch {
      // That was the last one.
    }
    await stage.sql(endSessions);
    await stage.write();
    await stage.instance.tells(unreachable);
    await Promise.all(others.map((client) => client.end().catch(() => undefined)));
    await stage.mended();
  });

  test('has a full disk is waited for', async ({ skip }) => {
    if ('missing' in postgres.smallDisk) skip(postgres.smallDisk.missing);
    const { folder } = postgres.smallDisk as { folder: string };
    await using stage = await open(20_000, true);
    const ballast = join(folder, 'ballast');
    await writeFile(ballast, Buffer.alloc(64 * 1024 * 1024)).catch(() => undefined);
    for (let n = 0; n < 20; n += 1) await stage.write(100);
    const told = await stage.instance.tells(unwritable);
    expect(told[0]?.remedy).toMatch(/free space/);
    expect(stage.instance.status().state).not.toBe('failed');
    expect((await stat(ballast)).size).toBeGreaterThan(0);
    await truncate(ballast);
    await rm(ballast);
    await stage.mended();
  });
});
