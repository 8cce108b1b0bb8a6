import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import type { TestDatabase } from './database.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

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

/** A model of the package. */
export interface DbtModel {
  readonly name: string;
  /** The column, or columns, that no two rows have the same of; null when the model names none. */
  readonly key: string | readonly string[] | null;
  /** The names of the models and sources that it is built from. */
  readonly parents: readonly string[];
}

/** A resident dbt that works on the package `pipeline/`, one command at a time. */
export interface Dbt extends AsyncDisposable {
  /** Runs a command, such as `run --full-refresh`; that models fail is an outcome. */
  attempt(target: DbtTarget, ...args: string[]): Promise<DbtOutcome>;
  /** As `attempt`, but throws when something failed. */
  run(target: DbtTarget, ...args: string[]): Promise<DbtOutcome>;
  /** The models there are. */
  models(target: DbtTarget): Promise<readonly DbtModel[]>;
  /** As `attempt`, by a process of its own that may be killed. */
  fork(target: DbtTarget, ...args: string[]): Promise<ForkedDbt>;
}

/** A command of dbt under way in a process of its own. */
export interface ForkedDbt {
  readonly pid: number;
  readonly outcome: Promise<DbtOutcome>;
}

/** What a resident dbt works on. */
export interface DbtOptions {
  /** A folder of models that are added to those of the package. */
  readonly additionalModels?: string;
  /** The folder of a project to work on instead of the package `pipeline/`. */
  readonly project?: string;
  /** Whether `run` makes the views for dashboards, too: a dozen, each time. */
  readonly dashboards?: boolean;
}

/** Starts a resident dbt for a database. */
export async function startDbt(
  database: TestDatabase,
  { additionalModels, project = join(root, 'pipeline'), dashboards = false }: DbtOptions = {},
): Promise<Dbt> {
  const scratch = await mkdtemp(join(tmpdir(), 'cht-sync-dbt-'));
  if (additionalModels !== undefined) {
    project = join(scratch, 'project');
    await cp(join(root, 'pipeline'), project, { recursive: true });
    await cp(additionalModels, join(project, 'models/additional'), { recursive: true });
  }
  const worker = spawn(inject('preloadedPython'), [join(root, 'test/support/dbt-runner.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // What killed children leave behind is no news.
    env: { ...process.env, PYTHONWARNINGS: 'ignore' },
  });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const answers = createInterface(worker.stdout)[Symbol.asyncIterator]();

  async function answered<Answer>(): Promise<Answer> {
    const answer = await answers.next();
    if (answer.done === true) throw new Error('dbt has gone');
    return JSON.parse(answer.value) as Answer;
  }

  async function ask<Answer>(target: DbtTarget, args: readonly string[], fork = false): Promise<Answer> {
    const key = `${target.schema}-${target.rootSchema ?? ''}`;
    const without = args[0] === 'run' && !dashboards ? ['--exclude', 'tag:dashboard'] : [];
    const request = {
      ...{ args: [...args, ...without], fork, env: environment(database, target), manifest: key },
      folders: folders(join(scratch, key), project),
    };
    worker.stdin.write(`${JSON.stringify(request)}\n`);
    return answered<Answer>();
  }

  return {
    attempt: (target, ...args) => ask<DbtOutcome>(target, args),
    run: async (target, ...args) => {
      const outcome = await ask<DbtOutcome>(target, args);
      if (!outcome.success) throw new Error(`dbt ${args.join(' ')}:\n${outcome.errors.join('\n')}`);
      return outcome;
    },
    fork: async (target, ...args) => {
      const { pid } = await ask<{ pid: number }>(target, args, true);
      return { pid, outcome: answered<DbtOutcome>() };
    },
    models: async (target) => (await ask<{ models: DbtModel[] }>(target, [])).models,
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

function folders(scratch: string, project = join(root, 'pipeline')): string[] {
  return [
    ...['--project-dir', project, '--profiles-dir', join(root, 'dbt')],
    ...['--target-path', join(scratch, 'target'), '--log-path', join(scratch, 'logs')],
  ];
}
