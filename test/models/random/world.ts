import type pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { startDbt, type Dbt, type DbtModel } from '../../support/dbt.js';
import { createDocuments, differences, foreignKeys } from '../models.js';
import { createCouch2pg, type Couch2pg } from './couch2pg.js';
import { steadyDocuments } from './documents.js';
import { startReader, type Readable } from './reader.js';
import type { Run, Step } from './steps.js';
import { setTrap, type Trap } from './trap.js';

/** A database with its documents and models, to which things happen. */
export interface World extends AsyncDisposable {
  /**
   * Puts it back to its beginning, with the steady documents only, has the steps happen, and runs all models. What is wrong
   * then, or was to a reader meanwhile; nothing, if all is right.
   */
  play(steps: readonly Step[]): Promise<Record<string, unknown>>;
  /** How often readers have looked at all models. */
  readonly looks: number;
}

const v1 = { schema: 'v1' };

/** Made by dbt's runs, not by documents. */
const modelsOfRuns = ['dbt_results'];
/** Views, which hold nothing of their own. */
const isDashboard = (name: string) => name.startsWith('dashboard_');

/** Makes one. Its process and tables are used again in each play, because to make them takes as long as a play. */
export async function createWorld(options?: { readonly additionalModels: string }): Promise<World> {
  const database = await createTestDatabase();
  const dbt = await startDbt(database, options);
  try {
    await createDocuments(database.pool);
    await createCouch2pg(database.pool).write('one/medic', steadyDocuments(0));
    await dbt.run(v1, 'run');
    const all = await dbt.models(v1);
    const models = all.filter(({ name }) => !modelsOfRuns.includes(name) && !isDashboard(name));
    const readables = await readable(database, models);
    const beginning = await saveTables(database.pool);
    const names = models.map(({ name }) => name);
    const inner = names.filter((name) => models.some(({ parents }) => parents.includes(name)));
    const parts = { database, dbt, models: names, inner, readables, beginning };
    return new ResidentWorld(parts, await setTrap(database.pool), await foreignKeys(database.pool));
  } catch (error) {
    await dbt[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

interface Parts {
  readonly database: TestDatabase;
  readonly dbt: Dbt;
  readonly models: readonly string[];
  /** Those that others are built from. */
  readonly inner: readonly string[];
  readonly readables: readonly Readable[];
  /** Puts the rows of all tables back to what they were. */
  readonly beginning: () => Promise<void>;
}

class ResidentWorld implements World {
  looks = 0;
  readonly #couch2pg: Couch2pg;

  constructor(
    private readonly parts: Parts,
    private readonly trap: Trap,
    private readonly foreignKeys: readonly string[],
  ) {
    this.#couch2pg = createCouch2pg(parts.database.pool);
  }

  async play(steps: readonly Step[]): Promise<Record<string, unknown>> {
    const { database, dbt, models, readables, beginning } = this.parts;
    const { pool } = database;
    await beginning();
    const reader = await startReader(database, readables);
    let seen;
    try {
      for (const step of steps) await this.#perform(step);
      await this.#fill();
      await dbt.run(v1, 'run', '--threads', '4');
    } finally {
      seen = await reader.stop();
    }
    this.looks += seen.looks;

    await pool.query('DROP SCHEMA IF EXISTS refreshed CASCADE');
    await dbt.run({ schema: 'refreshed', rootSchema: 'v1' }, 'run', '--full-refresh', '--threads', '2');
    const found: Record<string, unknown> = await differences(pool, 'v1', 'refreshed', models);
    if (seen.wrong.length > 0) found.reader = seen.wrong;
    const keys = await foreignKeys(pool);
    if (keys.join() !== this.foreignKeys.join()) found.foreignKeys = keys;
    return found;
  }

  async #perform(step: Step): Promise<void> {
    if (step.kind === 'write') await this.#couch2pg.write(step.write.source, step.write.documents);
    else if (step.kind === 'run') await this.#run(step.run);
    else if (step.kind === 'forget') {
      await this.parts.database.pool.query('DELETE FROM v1.dbt_watermark');
      await this.#run(step.run);
    } else {
      const commit = await this.#couch2pg.writeLate(step.early.source, step.early.documents);
      const late = this.#couch2pg.write(step.late.source, step.late.documents);
      try {
        await this.#run(step.between);
      } finally {
        await commit();
        await late;
      }
    }
  }

  /** In batches, until all is in: without them, models that are not whole would begin anew. */
  async #fill(): Promise<void> {
    const filling = `SELECT FROM v1.dbt_watermark WHERE filled_from IS NOT NULL`;
    while ((await this.parts.database.pool.query(filling)).rowCount !== 0) await this.#run({ batchSize: 15 });
  }

  async #run({ models: chosen, others, fullRefresh, batchSize, newest, threads, interruption }: Run): Promise<void> {
    const { dbt, models, inner } = this.parts;
    const choice = others === true ? inner : models;
    const named = chosen?.map((n) => choice[n % choice.length]!);
    const args = [
      ...(named === undefined ? [] : [others === true ? '--exclude' : '--select', ...named]),
      ...(fullRefresh === true ? ['--full-refresh'] : []),
      ...(batchSize === undefined
        ? []
        : ['--vars', `{batch_size: ${batchSize}, batch_order: ${newest === true ? 'newest' : 'oldest'}}`]),
      ...(threads === undefined ? [] : ['--threads', String(threads)]),
    ];
    if (interruption === undefined) await dbt.run(v1, 'run', ...args);
    else await this.trap.spring(interruption, () => dbt.fork(v1, 'run', ...args));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parts.dbt[Symbol.asyncDispose]();
    await this.parts.database[Symbol.asyncDispose]();
  }
}

/** Copies all tables, and gives what puts them back. */
async function saveTables(pool: pg.Pool): Promise<() => Promise<void>> {
  const { rows } = await pool.query<{ name: string; columns: string }>(
    `SELECT quote_ident(relname) AS name, string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns
     FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND attgenerated = '' AND NOT attisdropped
     WHERE relkind = 'r' AND relnamespace = 'v1'::regnamespace AND relname <> 'couchdb_watermark' GROUP BY relname`,
  );
  const copies = rows.map(({ name }) => `CREATE TABLE saved.${name} AS TABLE v1.${name};`);
  await pool.query(`CREATE SCHEMA saved; ${copies.join(' ')}`);
  // Without the checks of foreign keys, for which the order of the tables would matter.
  const restored = rows.map(
    ({ name, columns }) => `INSERT INTO v1.${name} (${columns}) SELECT ${columns} FROM saved.${name};`,
  );
  return async () => {
    await pool.query(`
      BEGIN;
      TRUNCATE ${rows.map(({ name }) => `v1.${name}`).join(', ')};
      SET LOCAL session_replication_role = replica;
      ${restored.join('\n')}
      COMMIT`);
  };
}

async function readable({ pool }: TestDatabase, models: readonly DbtModel[]): Promise<Readable[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'v1' AND column_name = 'uuid'`,
  );
  const withUuid = new Set(rows.map(({ name }) => name));
  return models.flatMap(({ name, key }) => {
    if (typeof key !== 'string') return [];
    return [{ model: name, key, id: withUuid.has(name) ? 'uuid' : key }];
  });
}
