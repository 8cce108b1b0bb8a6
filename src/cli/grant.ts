import type pg from 'pg';
import { loadConfig, type Config } from '../config/index.js';
import { ConfigError, SyncError, systemClock } from '../lib/index.js';
import {
  applyGrants,
  classifyPostgresError,
  createPool,
  grantStatements,
  lookAtGrants,
  planMigration,
  readersOtherWays,
  roleKinds,
  type GrantFacts,
  type GrantSection,
  type GrantWish,
  type RoleKind,
} from '../postgres/index.js';
import { serviceLog } from './command-log.js';
import { addFlags, flagValues } from './flags.js';
import type { AddCommand } from './program.js';
import { runningPostgres } from './servers.js';
import { exitCodes } from './surroundings.js';

type GrantFlags = Readonly<Partial<Record<RoleKind, string>>> & {
  readonly apply?: boolean;
  readonly create?: boolean;
  readonly raw?: boolean;
};

const kinds: Readonly<Record<RoleKind, string>> = {
  writer: 'the role of couch2pg',
  modeler: 'the role of the dataemon and dbt',
  reader: 'a role of dashboards: it reads the models, also those to come, and nothing else',
};

/** `cht-sync grant`: what each role needs in PostgreSQL, and no more. */
export const addGrantCommand: AddCommand = (program, surroundings, exit) => {
  const command = program
    .command('grant')
    .description('print the SQL that gives roles of PostgreSQL what they need and no more, or run it with --apply');
  for (const kind of roleKinds) command.option(`--${kind} <role>`, kinds[kind]);
  command
    .option('--raw', 'let the reader read the table of documents, too')
    .option('--create', 'make roles that are missing, to sign in without a password until they are given one')
    .option('--apply', 'run it, as the role of POSTGRES_USER, which must own the tables and may pass them on');
  addFlags(command, ['PostgreSQL', 'Embedded demonstration']);
  command.action(async (flags: GrantFlags) => {
    const { folder, env, stdout, stderr } = surroundings;
    const config = loadConfig({ folder, env, flags: flagValues(command) }).config();
    const wish = wishOf(config, flags);
    const log = serviceLog(config, surroundings);
    const connection = await runningPostgres(config, folder);
    const pool = createPool({ connection, applicationName: 'cht-sync grant', max: 1, log });
    try {
      const client = await pool.connect();
      try {
        await requireTables(client, wish);
        const facts = await lookAtGrants(client, wish, Object.values(wish.roles));
        if (flags.create !== true) requireRoles(wish, facts);
        const sections = grantStatements(wish, facts);
        if (flags.apply !== true) stdout.write(sqlText(sections));
        else {
          const onWait = () => log.warn('waiting for a lock on the models');
          await applyGrants(client, sections, facts, { clock: systemClock, patienceMs: lockPatienceMs, onWait });
          stdout.write(`${Object.values(wish.roles).join(', ')}: granted.\n`);
          for (const words of await readersOtherWays(client, wish, facts)) stderr.write(`Warning: ${words}\n`);
        }
      } finally {
        client.release(true);
      }
      exit(exitCodes.ok);
    } catch (error) {
      throw classifyPostgresError(error, 'granting');
    } finally {
      await pool.end();
    }
  });
};

const lockPatienceMs = 60_000;

function wishOf({ postgresSchema, rootPostgresSchema, postgresTable: table }: Config, flags: GrantFlags): GrantWish {
  const roles = Object.fromEntries(
    roleKinds.flatMap((kind) => (flags[kind] === undefined ? [] : [[kind, flags[kind]]])),
  );
  if (Object.keys(roles).length === 0) {
    throw new ConfigError('No role was given.', { remedy: 'Give one or more of --writer, --modeler, --reader.' });
  }
  return { roles, raw: flags.raw === true, rawSchema: rootPostgresSchema, schema: postgresSchema, table };
}

async function requireTables(client: pg.PoolClient, { rawSchema, schema, table }: GrantWish): Promise<void> {
  const documents = await planMigration(client, { family: 'documents', schema: rawSchema, table });
  const dataemon = await planMigration(client, { family: 'dataemon', schema, table });
  if ([...documents.steps, ...dataemon.steps].every(({ name }) => !/^\d/.test(name))) return;
  throw new SyncError('POSTGRES_SCHEMA_UNKNOWN', 'The tables are not there yet, or are those of an older version.', {
    remedy: 'Run `cht-sync migrate` first, as the role that is to own them.',
  });
}

function requireRoles({ roles }: GrantWish, facts: GrantFacts): void {
  const missing = [...new Set(Object.values(roles))].filter((role) => !facts.roles.has(role));
  if (missing.length === 0) return;
  throw new ConfigError(`There is no role ${missing.join(', ')} in PostgreSQL.`, {
    remedy: 'Make it with CREATE ROLE ... LOGIN, or let --create do so, without a password.',
  });
}

function sqlText(sections: readonly GrantSection[]): string {
  const parts = sections.map(({ title, statements }) =>
    [`-- ${title}`, ...statements.map((one) => `${one};`)].join('\n'),
  );
  return `BEGIN;\n\n${parts.join('\n\n')}\n\nCOMMIT;\n`;
}
