import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresConnection } from '../../src/postgres/index.js';
import { inRepository } from '../places.js';

/** Runs `dbt run` on a package of the repository. */
export interface DbtCommand {
  /** The folder of the package in the repository. */
  readonly package: string;
  readonly connection: PostgresConnection;
  /** The schema of the models; the documents are in `v1`. */
  readonly schema: string;
  /** For what dbt writes. */
  readonly folder: string;
  readonly args: readonly string[];
}

/** Runs it; how long each model took, in milliseconds, by name, and `all`, the whole command with the start of Python. */
export async function dbtRun(command: DbtCommand): Promise<Map<string, number>> {
  const { connection, schema, folder, args } = command;
  const { host, port, user, password, database } = connection;
  const project = inRepository(command.package);
  const started = performance.now();
  try {
    const { stdout } = await promisify(execFile)(
      inRepository('.python/bin/dbt'),
      [
        ...['run', '--no-use-colors', '--no-version-check', ...args],
        ...['--project-dir', project, '--profiles-dir', inRepository('dbt')],
        ...['--target-path', join(folder, schema, 'target'), '--log-path', join(folder, schema, 'logs')],
      ],
      {
        env: {
          ...process.env,
          POSTGRES_HOST: host,
          POSTGRES_PORT: String(port),
          POSTGRES_USER: user,
          POSTGRES_PASSWORD: password,
          POSTGRES_DB: database,
          POSTGRES_SCHEMA: schema,
          ROOT_POSTGRES_SCHEMA: 'v1',
          POSTGRES_TABLE: 'couchdb',
        },
      },
    );
    const times = new Map<string, number>();
    // 3 of 7 OK created sql incremental model v1.contact ..... [SELECT 100 in 0.51s]
    for (const [, name, seconds] of stdout.matchAll(/ OK .*?\.(\w+) \.* ?\[.* in ([\d.]+)s\]/g)) {
      times.set(name ?? '', Number(seconds) * 1000);
    }
    return times.set('all', performance.now() - started);
  } catch (error) {
    throw new Error(`dbt failed:\n${(error as { stdout?: string }).stdout ?? String(error)}`, { cause: error });
  }
}
