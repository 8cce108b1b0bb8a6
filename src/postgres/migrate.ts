import { readdir, readFile } from 'node:fs/promises';
import type pg from 'pg';
import { SyncError, type Log } from '../lib/index.js';
import { quoteIdentifier } from './identifiers.js';
import { classifyPostgresError } from './postgres-error.js';

/** Whose tables: couch2pg's documents and progress, or the dataemon's manifests and runs. */
export type MigrationFamily = 'documents' | 'dataemon';

/** What to migrate. */
export interface MigrateOptions {
  readonly pool: pg.Pool;
  readonly family: MigrationFamily;
  readonly schema: string;
  /** The name of the table of documents. */
  readonly table: string;
  readonly log: Log;
}

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

const lockTimeoutMs = 10_000;
/** Building an index over a table that is there already may take hours. */
const migrationTimeoutMs = 86_400_000;

/**
 * Brings the tables of a schema to what this version needs, in one transaction; does nothing when they are already. Two
 * processes may call it at once.
 *
 * @throws SyncError POSTGRES_SCHEMA_UNKNOWN when a newer version has migrated the schema; POSTGRES_* otherwise.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { pool, family, schema, table, log } = options;
  const migrations = await readMigrations(family);
  let client: pg.PoolClient | undefined;
  try {
    client = await pool.connect();
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`);
    const done = await versionsDone(client, options);
    const newest = Math.max(0, ...migrations.map(({ version }) => version));
    const unknown = Math.max(0, ...done);
    if (unknown > newest) throw newerSchema(schema, unknown, newest);
    const pending = migrations.filter(({ version }) => !done.has(version));
    for (const migration of pending) {
      const statement = { text: fillIn(migration.sql, schema, table), query_timeout: migrationTimeoutMs };
      await client.query(statement);
      await client.query(
        `INSERT INTO ${quoteIdentifier(schema)}.cht_sync_migration (family, table_name, version, name) VALUES ($1, $2, $3, $4)`,
        [family, tableKey(family, table), migration.version, migration.name],
      );
    }
    await client.query('COMMIT');
    for (const { name } of pending) log.info({ schema, migration: name }, 'migrated');
    client.release();
  } catch (error) {
    // A connection in an unknown state is not given back to the pool.
    client?.release(true);
    throw classifyPostgresError(error, `preparing the tables of schema ${schema}`);
  }
}

/** The versions a schema has seen; makes the schema and the table of migrations when they are missing. */
async function versionsDone(client: pg.PoolClient, { family, schema, table }: MigrateOptions): Promise<Set<number>> {
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`cht-sync migrate ${schema}`]);
  const { rows } = await client.query<{ schema: boolean; migrations: boolean }>(
    `SELECT to_regnamespace($1) IS NOT NULL AS schema, to_regclass($2) IS NOT NULL AS migrations`,
    [quoteIdentifier(schema), `${quoteIdentifier(schema)}.cht_sync_migration`],
  );
  if (rows[0]?.schema !== true) await client.query(`CREATE SCHEMA ${quoteIdentifier(schema)}`);
  if (rows[0]?.migrations !== true) {
    await client.query(`
      CREATE TABLE ${quoteIdentifier(schema)}.cht_sync_migration (
        family text NOT NULL,
        table_name text NOT NULL,
        version integer NOT NULL,
        name text NOT NULL,
        migrated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (family, table_name, version)
      )`);
  }
  const versions = await client.query<{ version: number }>(
    `SELECT version FROM ${quoteIdentifier(schema)}.cht_sync_migration WHERE family = $1 AND table_name = $2`,
    [family, tableKey(family, table)],
  );
  return new Set(versions.rows.map(({ version }) => version));
}

/** The dataemon's tables are one set a schema, whatever the table of documents is called. */
function tableKey(family: MigrationFamily, table: string): string {
  return family === 'documents' ? table : '';
}

async function readMigrations(family: MigrationFamily): Promise<Migration[]> {
  const folder = new URL(`./migrations/${family}/`, import.meta.url);
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    files.map(async (file) => ({
      version: Number(file.slice(0, 4)),
      name: file.replace(/\.sql$/, ''),
      sql: await readFile(new URL(file, folder), 'utf8'),
    })),
  );
}

/** `%schema%` and `%table%` stand for the configured names, as quoted identifiers. */
function fillIn(sql: string, schema: string, table: string): string {
  const inLiteral = (name: string) => quoteIdentifier(name).replaceAll("'", "''");
  return sql
    .replaceAll("'%schema%.%table%'", () => `'${inLiteral(schema)}.${inLiteral(table)}'`)
    .replaceAll('%schema%', () => quoteIdentifier(schema))
    .replaceAll('%table%', () => quoteIdentifier(table));
}

function newerSchema(schema: string, found: number, known: number): SyncError {
  return new SyncError(
    'POSTGRES_SCHEMA_UNKNOWN',
    `Schema ${schema} was made by a newer version of CHT Sync (migration ${found}; this version knows ${known}).`,
    { remedy: 'Install the newer version.' },
  );
}
