import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, systemClock } from '../../lib/index.js';
import { startEmbeddedCouchDb, type EmbeddedCouchDb, type EmbeddedCouchDbOptions } from './server.js';

/** What CouchDB answers in JSON, all of it together: a test looks at what it asked for. */
export interface CouchBody {
  readonly [other: string]: unknown;
  readonly ok: boolean;
  readonly id: string;
  readonly rev: string;
  readonly _id: string;
  readonly _rev: string;
  readonly error: string;
  readonly reason: string;
  readonly results: readonly ChangeRow[];
  readonly last_seq: string;
  readonly pending: number | null;
  readonly rows: readonly { id: string; key: string; value: { rev: string; deleted?: true }; doc: CouchBody | null }[];
  readonly update_seq: string;
  readonly purge_seq: string;
  readonly doc_count: number;
  readonly instance_start_time: string;
}

/** A row of `_changes`. */
export interface ChangeRow {
  readonly seq: string | null;
  readonly id: string;
  readonly changes: readonly { rev: string }[];
  readonly deleted?: true;
  readonly doc?: CouchBody | null;
}

/** An answer: status, headers, text, and what the text means if it is JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: CouchBody;
  /** The body, where it is a list. */
  readonly list: readonly CouchBody[];
}

/** An embedded source for one test. */
export interface TestSource extends AsyncDisposable {
  readonly folder: string;
  readonly url: string;
  readonly server: EmbeddedCouchDb;
  /** Asks as the admin; a body that is not a text is sent as JSON. */
  readonly ask: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
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
  const json = parsed(text);
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: json as CouchBody,
    list: json as CouchBody[],
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
