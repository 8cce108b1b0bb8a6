import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestDatabase } from './database.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const python = join(root, '.python/bin/python');

/** What a command of dbt came to. */
export interface DbtOutcome {
  readonly success: boolean;
  readonly results: readonly { readonly name: string; readonly status: string; readonly message: string }[];
  readonly errors: readonly string[];
}

/** Where dbt finds the documents and puts the models. */
export interface DbtTarget {
  /** The schema of the models. */
  readonly schema: string;
  /** The schema of the documents, if another. */
  readonly rootSchema?: string;
}

/** A resident dbt that works on the package `pipeline/`, one command at a time. */
export interface Dbt extends AsyncDisposable {
  /** Runs a command, such as `run --full-refresh`; that models fail is an outcome. */
  attempt(target: DbtTarget, ...args: string[]): Promise<DbtOutcome>;
  /** As `attempt`, but throws when something failed. */
  run(target: DbtTarget, ...args: string[]): Promise<DbtOutcome>;
}

/** Starts a resident dbt for a database. */
export async function startDbt(database: TestDatabase): Promise<Dbt> {
  const scratch = await mkdtemp(join(tmpdir(), 'cht-sync-dbt-'));
  const worker = spawn(python, [join(root, 'test/support/dbt-runner.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const answers = createInterface(worker.stdout)[Symbol.asyncIterator]();

  async function attempt(target: DbtTarget, ...args: string[]): Promise<DbtOutcome> {
    const key = `${target.schema}-${target.rootSchema ?? ''}`;
    const request = { args, env: environment(database, target), manifest: key, folders: folders(join(scratch, key)) };
    worker.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = await answers.next();
    if (answer.done === true) throw new Error('dbt has gone');
    return JSON.parse(answer.value) as DbtOutcome;
  }

  return {
    attempt,
    run: async (target, ...args) => {
      const outcome = await attempt(target, ...args);
      if (!outcome.success) throw new Error(`dbt ${args.join(' ')}:\n${outcome.errors.join('\n')}`);
      return outcome;
    },
    [Symbol.asyncDispose]: async () => {
      worker.stdin.end();
      await exited;
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

/** Runs the `dbt` command itself and gives what it printed; throws when it fails, with that as the message. */
export async function dbtCommand(database: TestDatabase, target: DbtTarget, ...args: string[]): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), 'cht-sync-dbt-'));
  try {
    const { stdout } = await promisify(execFile)(
      join(root, '.python/bin/dbt'),
      [...args, ...folders(scratch), '--no-use-colors', '--no-version-check'],
      { env: { ...process.env, ...environment(database, target) } },
    );
    return stdout;
  } catch (error) {
    throw new Error((error as { stdout?: string }).stdout ?? String(error), { cause: error });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function environment({ connection }: TestDatabase, target: DbtTarget): Record<string, string> {
  return {
    POSTGRES_HOST: connection.host,
    POSTGRES_PORT: String(connection.port),
    POSTGRES_USER: connection.user,
    POSTGRES_PASSWORD: connection.password,
    POSTGRES_DB: connection.database,
    POSTGRES_SCHEMA: target.schema,
    ROOT_POSTGRES_SCHEMA: target.rootSchema ?? '',
    POSTGRES_TABLE: 'couchdb',
  };
}

function folders(scratch: string): string[] {
  return [
    ...['--project-dir', join(root, 'pipeline'), '--profiles-dir', join(root, 'dbt')],
    ...['--target-path', join(scratch, 'target'), '--log-path', join(scratch, 'logs')],
  ];
}
