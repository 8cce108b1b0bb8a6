import type { Command } from 'commander';
import type pg from 'pg';
import { loadConfig } from '../config/index.js';
import { retryRejected } from '../couch2pg/index.js';
import { ConfigError } from '../lib/index.js';
import {
  classifyPostgresError,
  createPool,
  listParked,
  listReports,
  migrate,
  parkedTextOf,
  tableNames,
  type Parked,
  type TableNames,
} from '../postgres/index.js';
import { serviceLog } from './command-log.js';
import { chooseSource } from './control.js';
import { addFlags, flagValues } from './flags.js';
import type { AddCommand } from './program.js';
import { listText, outcomeJson, outcomeText, parkedJson, showText, summaryText } from './rejected-text.js';
import { runningPostgres } from './servers.js';
import { exitCodes, type CliSurroundings } from './surroundings.js';

/** What a subcommand works with. */
interface Work {
  readonly pool: pg.Pool;
  readonly schema: string;
  readonly table: string;
  readonly names: TableNames;
  /** The parked documents that are meant. */
  readonly find: (id?: string) => Promise<Parked[]>;
  readonly print: (text: string) => void;
}

interface Given {
  readonly source?: string;
  readonly json?: boolean;
}

/** `cht-sync rejected list`, `show` and `retry`: the documents that PostgreSQL has refused, through the database alone. */
export const addRejectedCommand: AddCommand = (program, surroundings, exit) => {
  const rejected = program.command('rejected').description('list, show or try again the documents PostgreSQL refused');
  const add = (
    name: string,
    description: string,
    work: (work: Work, ids: string[], given: Given) => Promise<number>,
  ) => {
    const command = rejected
      .command(name)
      .description(description)
      .option('--source <name>', 'only of this source, as <host>/<database> or by the database alone')
      .option('--json', 'print JSON');
    addFlags(command, ['PostgreSQL', 'Embedded demonstration']);
    command.action(async () => {
      const given = command.opts<Given>();
      exit(await withPostgres(command, surroundings, given, (one) => work(one, [...command.args], given)));
    });
    return command;
  };
  add('list', 'list the documents that PostgreSQL refused and why', list);
  add('show <id>', 'show a refused document: its text, and what PostgreSQL said', show);
  add(
    'retry [ids...]',
    'write refused documents again, all or those of these ids; exit code 1 when one is not stored then',
    retry,
  );
};

async function list({ find, print }: Work, _: string[], { json }: Given): Promise<number> {
  const parked = await find();
  print(json === true ? JSON.stringify(parked.map(parkedJson), undefined, 2) : listText(parked));
  return exitCodes.ok;
}

async function show({ find, print, pool, names }: Work, [id = '']: string[], { json }: Given): Promise<number> {
  const parked = await known(find, id);
  const shown = await Promise.all(
    parked.map(async (one) => ({ ...one, text: (await parkedTextOf(pool, names, one)) ?? '' })),
  );
  print(
    json === true
      ? JSON.stringify(
          shown.map((one) => ({ ...parkedJson(one), text: one.text })),
          undefined,
          2,
        )
      : shown.map(showText).join('\n\n'),
  );
  return exitCodes.ok;
}

async function retry({ find, print, ...target }: Work, ids: string[], { json }: Given): Promise<number> {
  const parked = ids.length === 0 ? await find() : (await Promise.all(ids.map((id) => known(find, id)))).flat();
  const kinds: string[] = [];
  for await (const { document, outcome } of retryRejected(target, parked)) {
    kinds.push(outcome.kind);
    print(json === true ? JSON.stringify(outcomeJson(document, outcome)) : outcomeText(document, outcome));
  }
  if (json !== true) print(summaryText(kinds));
  return kinds.every((kind) => kind === 'stored' || kind === 'overtaken') ? exitCodes.ok : exitCodes.failed;
}

/**
 * @throws ConfigError when no document of this id is parked.
 */
async function known(find: Work['find'], id: string): Promise<Parked[]> {
  const parked = await find(id);
  if (parked.length > 0) return parked;
  throw new ConfigError(`No document ${id} is parked.`, { remedy: '`cht-sync rejected list` shows those that are.' });
}

async function withPostgres(
  command: Command,
  surroundings: CliSurroundings,
  { source: given }: Given,
  work: (work: Work) => Promise<number>,
): Promise<number> {
  const { folder, env, stdout } = surroundings;
  const config = loadConfig({ folder, env, flags: flagValues(command) }).config();
  const log = serviceLog(config, surroundings);
  const connection = await runningPostgres(config, folder);
  const pool = createPool({ connection, applicationName: 'cht-sync rejected', max: 1, log });
  try {
    const { postgresSchema: schema, postgresTable: table } = config;
    await migrate({ pool, family: 'documents', schema, table, log });
    const names = tableNames(schema, table);
    const source = given === undefined ? undefined : chooseSource(await listReports(pool, names), given).source;
    return await work({
      ...{ pool, schema, table, names },
      find: (id) =>
        listParked(pool, names, {
          ...(source === undefined ? {} : { source }),
          ...(id === undefined ? {} : { id }),
        }),
      print: (text) => stdout.write(`${text}\n`),
    });
  } catch (error) {
    throw classifyPostgresError(error, 'reading the parked documents');
  } finally {
    await pool.end();
  }
}
