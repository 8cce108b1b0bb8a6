import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { PostgresConnection } from '../../src/postgres/index.js';

/** `cht-sync couch2pg` in a process of its own, with the options that are shipped. */
export interface Couch2pgCommand extends AsyncDisposable {
  readonly pid: number;
}

/** Starts it for one database of a source that lets everybody in. */
export function startCouch2pgCommand(
  source: { readonly url: string; readonly database: string },
  connection: PostgresConnection,
): Couch2pgCommand {
  const url = new URL(source.url);
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('../processes/command.js', import.meta.url)), 'couch2pg'],
    {
      stdio: ['ignore', 2, 2],
      env: {
        PATH: process.env.PATH,
        ...{ COUCHDB_HOST: url.hostname, COUCHDB_PORT: url.port, COUCHDB_USER: 'me', COUCHDB_PASSWORD: 'anything' },
        ...{ COUCHDB_DBS: source.database, METRICS_PORT: '0', LOG_LEVEL: 'warn' },
        ...{ POSTGRES_HOST: connection.host, POSTGRES_PORT: String(connection.port), POSTGRES_USER: connection.user },
        ...{ POSTGRES_PASSWORD: connection.password, POSTGRES_DB: connection.database },
      },
    },
  );
  const ended = once(child, 'exit');
  return {
    pid: child.pid ?? 0,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
}
