import type pg from 'pg';
import { loadConfig, type Config } from '../config/index.js';
import { sourceName } from '../couch2pg/index.js';
import { SyncError, type Log } from '../lib/index.js';
import {
  classifyPostgresError,
  copied,
  copyCouch2pg,
  createPool,
  findCouch2pg,
  migrate,
  modelTables,
  planCopy,
  planMigration,
  tableNames,
  type MigrationTarget,
} from '../postgres/index.js';
import { serviceLog } from './command-log.js';
import { couchDbServers } from './connections.js';
import { addFlags, flagValues } from './flags.js';
import { migrationJson, migrationText, type MigrationReport, type ReportMode } from './migrate/report.js';
import { knownSources, migrationWarnings } from './migrate/warnings.js';
import type { AddCommand } from './program.js';
import { runningPostgres } from './servers.js';
import { exitCodes } from './surroundings.js';

interface MigrateFlags {
  readonly dryRun?: boolean;
  readonly json?: boolean;
  /** The schema of its tables; true for the usual one. */
  readonly fromCouch2pg?: string | true;
}

const usualCouch2pgSchema = 'public';

/** `cht-sync migrate`: what couch2pg and the dataemon do to the tables when they start, by hand and with a look before. */
export const addMigrateCommand: AddCommand = (program, surroundings, exit) => {
  const command = program
    .command('migrate')
    .description('bring the tables of an older version, also of medic/cht-sync v2, to what this one needs, in place')
    .option('--dry-run', 'only show each step, what it touches and who has to wait')
    .option('--json', 'print JSON')
    .option(
      '--from-couch2pg [schema]',
      `copy the documents of medic/cht-couch2pg (default: of schema ${usualCouch2pgSchema})`,
    );
  addFlags(command, ['PostgreSQL', 'CouchDB', 'Embedded demonstration']);
  command.action(async ({ dryRun = false, json = false, fromCouch2pg }: MigrateFlags) => {
    const { folder, env, stdout } = surroundings;
    const config = loadConfig({ folder, env, flags: flagValues(command) }).config();
    const log = serviceLog(config, surroundings);
    const connection = await runningPostgres(config, folder);
    const pool = createPool({ connection, applicationName: 'cht-sync migrate', max: 2, log });
    const mode: ReportMode = { isDryRun: dryRun, copies: fromCouch2pg !== undefined };
    const from = typeof fromCouch2pg === 'string' ? fromCouch2pg : usualCouch2pgSchema;
    const sources = couchDbServers(config, folder).flatMap((server) =>
      server.databases.map((database) => sourceName(server, database)),
    );
    try {
      const report = await withClient(pool, (client) => look(client, config, sources, from));
      if (mode.copies && report.couch2pg === null) throw nothingToCopy(from);
      if (!dryRun) await carryOut(pool, config, report, mode, log);
      stdout.write(
        json ? `${JSON.stringify(migrationJson(report, mode), undefined, 2)}\n` : migrationText(report, mode),
      );
      exit(exitCodes.ok);
    } catch (error) {
      throw classifyPostgresError(error, 'migrating');
    } finally {
      await pool.end();
    }
  });
};

/** The tables that are this configuration's to migrate: documents of another schema are another's. */
function targetsOf({ postgresSchema: schema, rootPostgresSchema, postgresTable: table }: Config): MigrationTarget[] {
  const documents: MigrationTarget[] = rootPostgresSchema === schema ? [{ family: 'documents', schema, table }] : [];
  return [...documents, { family: 'dataemon', schema, table }];
}

async function look(
  client: pg.PoolClient,
  config: Config,
  sources: readonly string[],
  couch2pgSchema: string,
): Promise<MigrationReport> {
  const { postgresSchema: schema, postgresTable: table } = config;
  // One state of the database throughout, of which nothing is changed.
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const plans = [];
  for (const target of targetsOf(config)) plans.push({ target, ...(await planMigration(client, target)) });
  const known = await knownSources(client, schema, table);
  const origin = plans[0]?.origin ?? 'nobody';
  const nobodys = origin === 'cht-sync-v2' ? await countNobodys(client, schema, table) : 0;
  const found = couch2pgSchema === schema ? undefined : await findCouch2pg(client, couch2pgSchema);
  const followed = origin === 'nobody' ? new Set<string>() : await readBefore(client, schema, table);
  const report: MigrationReport = {
    database: config.postgresDb ?? '',
    schema,
    origin,
    steps: plans.flatMap(({ target: { family }, steps }) =>
      steps.map(({ name, says, touches, lock }) => ({ family, name, says, touches, lock })),
    ),
    checkpoints: known.map(({ source, sequence }) => ({ source, sequence })),
    models: await modelTables(client, schema, table),
    couch2pg:
      found === undefined
        ? null
        : { schema: found.schema, tables: found.tables, ...planCopy(found, sources, followed) },
    warnings: migrationWarnings(origin, known, sources, nobodys),
  };
  await client.query('COMMIT');
  return report;
}

async function carryOut(
  pool: pg.Pool,
  config: Config,
  report: MigrationReport,
  { copies }: ReportMode,
  log: Log,
): Promise<void> {
  const { postgresSchema: schema, postgresTable: table } = config;
  for (const target of targetsOf(config)) await migrate({ ...target, pool, patienceMs: Infinity, log });
  if (!copies || report.couch2pg === null) return;
  const { schema: fromSchema, parts } = report.couch2pg;
  await withClient(pool, async (client) => {
    for (const part of parts) {
      const onProgress = (progress: { table: string; copied: number; share: number }) =>
        log.info({ ...progress, share: Number(progress.share.toFixed(3)) }, 'copying');
      await copyCouch2pg(client, part, { fromSchema, schema, table, onProgress });
    }
  });
}

/** The sources whose documents are not to be copied: they have come from CouchDB. */
async function readBefore(client: pg.PoolClient, schema: string, table: string): Promise<Set<string>> {
  const { progress } = tableNames(schema, table);
  // A column that medic/cht-sync v2 does not have is NULL.
  const { rows } = await client.query<{ source: string }>(
    `SELECT source FROM ${progress} p WHERE seq IS NOT NULL AND to_jsonb(p) ->> 'regression' IS DISTINCT FROM $1`,
    [copied],
  );
  return new Set(rows.map(({ source }) => source));
}

/** By the index that medic/cht-sync v2 has on `source`. */
async function countNobodys(client: pg.PoolClient, schema: string, table: string): Promise<number> {
  const { documents } = tableNames(schema, table);
  const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM ${documents} WHERE source IS NULL`);
  return Number(rows[0]?.count ?? 0);
}

async function withClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    // With it go what it has begun and the locks it holds.
    client.release(true);
  }
}

function nothingToCopy(schema: string): SyncError {
  return new SyncError('POSTGRES_SCHEMA_UNKNOWN', `Schema ${schema} has no tables of medic/cht-couch2pg.`, {
    remedy: 'Name the schema that has its table couchdb, with the one column doc: --from-couch2pg <schema>.',
  });
}
