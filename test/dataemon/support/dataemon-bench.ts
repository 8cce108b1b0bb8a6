import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { inject } from 'vitest';
import {
  createDataemon,
  type Dataemon,
  type DataemonOptions,
  type PackageSource,
} from '../../../src/dataemon/index.js';
import { createLog, systemClock } from '../../../src/lib/index.js';
import { migrate, notifyChange } from '../../../src/postgres/index.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { tinyPackage, writeFiles, type PackageFiles } from './package.js';

const repository = resolve(import.meta.dirname, '../../..');
const log = createLog({
  level: process.env.TEST_LOG === undefined ? 'silent' : 'debug',
  format: 'text',
  secrets: [],
});

/** A database with documents, a folder for packages, and dataemons over them. */
export class DataemonBench implements AsyncDisposable {
  readonly #running: { readonly stop: AbortController; readonly ended: Promise<void> }[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly folder: string,
  ) {}

  static async open(given?: TestDatabase): Promise<DataemonBench> {
    const database = given ?? (await createTestDatabase());
    for (const family of ['documents', 'dataemon'] as const) {
      await migrate({ pool: database.pool, family, schema: 'v1', table: 'couchdb', log });
    }
    return new DataemonBench(database, await mkdtemp(join(tmpdir(), 'cht-sync-dataemon-')));
  }

  get pool(): pg.Pool {
    return this.database.pool;
  }

  /** Writes a package into the bench's folder. */
  package(files: PackageFiles = tinyPackage(), name = 'package'): Promise<string> {
    return writeFiles(join(this.folder, name), files);
  }

  /** Starts a dataemon; `stop` ends it. */
  start(source: PackageSource, more: Partial<DataemonOptions> = {}): Dataemon & { stop(): Promise<void> } {
    const dataemon = createDataemon({
      connection: this.database.connection,
      schema: 'v1',
      table: 'couchdb',
      package: source,
      intervalMs: 1_000,
      threads: 1,
      batchSize: 0,
      batchOrder: 'oldest',
      increments: 'auto',
      python: inject('preloadedPython'),
      projectFolder: join(repository, 'dbt'),
      bundledPackage: join(repository, 'pipeline'),
      workFolder: join(this.folder, 'work'),
      runTimeoutMs: 60_000,
      rebuildTimeoutMs: 300_000,
      testIntervalMs: 0,
      environment: process.env,
      log,
      clock: systemClock,
      random: Math.random,
      ...more,
    });
    const stop = new AbortController();
    const ended = dataemon.run(stop.signal);
    this.#running.push({ stop, ended });
    return Object.assign(dataemon, {
      stop: async () => {
        stop.abort();
        await ended;
      },
    });
  }

  /** Writes documents as couch2pg does, `_deleted` ones too: in one transaction, with a watermark and a notification. */
  async save(...docs: readonly { _id: string; type?: string; [field: string]: unknown }[]): Promise<string> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      const { rows } = await client.query<{ at: string }>(
        `INSERT INTO v1.couchdb (_id, source, saved_timestamp, _deleted, doc)
         SELECT doc->>'_id', 'test/medic', clock_timestamp() AT TIME ZONE 'UTC', coalesce((doc->>'_deleted')::boolean, false), doc
         FROM jsonb_array_elements($1::jsonb) AS doc
         ON CONFLICT (_id) DO UPDATE SET doc = excluded.doc, _deleted = excluded._deleted, saved_timestamp = excluded.saved_timestamp
         RETURNING to_char(saved_timestamp, 'YYYY-MM-DD"T"HH24:MI:SS.US') AS at`,
        [JSON.stringify(docs)],
      );
      const watermark = rows
        .map(({ at }) => at)
        .sort()
        .at(-1)!;
      const change = { schema: 'v1', table: 'couchdb', source: 'test/medic', saved_timestamp: watermark };
      await notifyChange(client, change);
      await client.query('COMMIT');
      return watermark;
    } finally {
      client.release();
    }
  }

  /** What a statement answers. */
  async rows<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
    return (await this.pool.query<Row>(sql)).rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { stop } of this.#running) stop.abort();
    await Promise.all(this.#running.map(({ ended }) => ended));
    await this.database[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Waits until a condition holds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 120_000,
): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(20);
  }
}
