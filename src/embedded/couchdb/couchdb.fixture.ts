import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, systemClock } from '../../lib/index.js';
import { startEmbeddedCouchDb, type EmbeddedCouchDb, type EmbeddedCouchDbOptions } from './server.js';

/** An answer: status, headers, text, and what the text means if it is JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined when it is not JSON. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into it as they know it
  readonly body: any;
}

/** An embedded source for one test. */
export interface TestSource extends AsyncDisposable {
  readonly folder: string;
  readonly url: string;
  readonly server: EmbeddedCouchDb;
  /** Asks as the admin; a body that is not a text is sent as JSON. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Ends the server and starts it again on the same folder. */
  restart(options?: Partial<EmbeddedCouchDbOptions>): Promise<void>;
}

/** The credentials of every {@link TestSource}. */
export const admin = { user: 'admin', password: 'secret' };

/** `Authorization` for the admin. */
export const authorization = `Basic ${Buffer.from(`${admin.user}:${admin.password}`).toString('base64')}`;

/** Starts an embedded source on a free port in a temporary folder. */
export async function testSource(options: Partial<EmbeddedCouchDbOptions> = {}): Promise<TestSource> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'cht-sync-couchdb-')));
  const log = createLog({ level: 'silent', format: 'json', secrets: [] });
  const start = (more: Partial<EmbeddedCouchDbOptions>) =>
    startEmbeddedCouchDb({ folder, port: 0, admin, log, clock: systemClock, ...options, ...more });
  let server = await start({});
  return {
    folder,
    get url() {
      return server.url;
    },
    get server() {
      return server;
    },
    ask: (method, path, body, headers) => ask(`${server.url}${path}`, method, body, headers),
    restart: async (more = {}) => {
      await server.stop();
      server = await start(more);
    },
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Asks any server as the admin. */
export async function ask(
  url: string,
  method: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { authorization, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
