import type pg from 'pg';
import { SyncError } from '../../lib/index.js';
import { quoteIdentifier } from '../identifiers.js';
import { indexStep, statistics, statisticsStep, strangersStep, withoutSecretsStep } from './data-steps.js';
import { look, sizesOf, type Found } from './look.js';
import { readMigrations, type Migration } from './read-migrations.js';
import { inShortLocks } from './short-lock.js';
import type { MigrationPlan, MigrationStep } from './step.js';
import { tableKey, type MigrationTarget } from './target.js';

/**
 * What has to be done to the tables of a target; nothing is changed.
 *
 * @throws SyncError POSTGRES_SCHEMA_UNKNOWN when a newer version has migrated the schema, or the table is not ours.
 */
export async function planMigration(client: pg.ClientBase, target: MigrationTarget): Promise<MigrationPlan> {
  const migrations = await readMigrations(target);
  const found = await look(client, target);
  const newest = Math.max(0, ...migrations.map(({ version }) => version));
  const unknown = Math.max(0, ...found.versions);
  if (unknown > newest) throw newerSchema(target.schema, unknown, newest);
  const origin = found.versions.size > 0 ? 'cht-sync' : found.hasTable ? 'cht-sync-v2' : 'nobody';
  const pending = migrations.filter(({ version }) => !found.versions.has(version));
  const numbered: MigrationStep[] = [];
  for (const migration of pending) numbered.push(await numberedStep(client, target, found, migration));
  if (target.family === 'dataemon') return { origin, steps: numbered };
  const { schema, table } = target;
  const touches = origin === 'nobody' ? [] : await sizesOf(client, schema, [table]);
  switch (origin) {
    case 'nobody':
      return { origin, steps: numbered };
    case 'cht-sync-v2': {
      const index = await indexStep(client, schema, table, touches);
      const before = [withoutSecretsStep(schema, table, touches), ...(index === undefined ? [] : [index])];
      return { origin, steps: [...before, ...numbered, statistics(schema, table, touches)] };
    }
    case 'cht-sync': {
      const after = [
        await statisticsStep(client, schema, table, touches),
        await strangersStep(client, schema, table, touches),
      ].filter((step) => step !== undefined);
      return { origin, steps: [...numbered, ...after] };
    }
  }
}

async function numberedStep(
  client: pg.ClientBase,
  target: MigrationTarget,
  { hasSchema, hasMigrations }: Found,
  migration: Migration,
): Promise<MigrationStep> {
  const { family, schema } = target;
  const quoted = quoteIdentifier(schema);
  const touches = await sizesOf(client, schema, migration.alters);
  return {
    name: migration.name,
    says: migration.says,
    touches,
    lock: touches.length === 0 ? 'none' : 'instant',
    apply: (client, patience) => {
      const tables = touches.map(({ table }) => `${quoted}.${quoteIdentifier(table)}`);
      return inShortLocks(client, tables, patience, async () => {
        // Neither asks for the right to make what is there already.
        if (!hasSchema) await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoted}`);
        if (!hasMigrations) await client.query(migrationTable(quoted));
        await client.query(migration.sql);
        await client.query(
          `INSERT INTO ${quoted}.cht_sync_migration (family, table_name, version, name) VALUES ($1, $2, $3, $4)`,
          [family, tableKey(target), migration.version, migration.name],
        );
      });
    },
  };
}

const migrationTable = (quotedSchema: string) => `
  CREATE TABLE IF NOT EXISTS ${quotedSchema}.cht_sync_migration (
    family text NOT NULL,
    table_name text NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    migrated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (family, table_name, version)
  )`;

function newerSchema(schema: string, found: number, known: number): SyncError {
  return new SyncError(
    'POSTGRES_SCHEMA_UNKNOWN',
    `Schema ${schema} was made by a newer version of CHT Sync (migration ${found}; this version knows ${known}).`,
    { remedy: 'Install the newer version.' },
  );
}
