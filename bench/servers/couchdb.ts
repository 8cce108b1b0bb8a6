import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { cpuOf } from '../measure/cpu.js';
import { startChild } from '../processes/child.js';
import type { SourceCalls } from '../processes/source.js';
import type { Scratch } from '../scratch.js';

/** A document as CouchDB gives and takes it. */
export interface Document {
  readonly _id: string;
  readonly _rev?: string;
  readonly [field: string]: unknown;
}

/** The source that is measured. */
export interface Source {
  /** Scheme, host and port. */
  readonly url: string;
  readonly credentials: { readonly user: string; readonly password: string };
  /** CPU used so far, in seconds; null when it is a real CouchDB. */
  cpu(): number | null;
  /** Signs in and gives the header `cookie`. */
  signIn(): Promise<string>;
  /** Makes a database, which is removed in the end. */
  createDatabase(name: string): Promise<Database>;
}

/** A database of the source. */
export interface Database {
  readonly name: string;
  /** With scheme, host and port. */
  readonly address: string;
  /** Writes documents; fails when one is refused. */
  write(documents: readonly Document[], newEdits?: boolean): Promise<void>;
  get(id: string): Promise<Document>;
  /** Writes one document and gives its revision as soon as the answer is there. */
  put(document: Document): Promise<string>;
}

/** Uses the CouchDB of `COUCHDB_TEST_URL`, or starts the embedded source in a process of its own. */
export async function openSource(scratch: Scratch): Promise<Source> {
  const given = process.env.COUCHDB_TEST_URL;
  if (given !== undefined) {
    const url = new URL(given);
    const credentials = { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
    return sourceAt(url.origin, credentials, undefined, scratch);
  }
  const credentials = { user: 'admin', password: randomBytes(12).toString('hex') };
  const child = await startChild<SourceCalls>('source');
  scratch.finally(() => child.stop());
  const url = await child.call('start', join(scratch.folder, 'couchdb'), credentials);
  return sourceAt(url, credentials, child.pid, scratch);
}

function sourceAt(url: string, credentials: Source['credentials'], pid: number | undefined, scratch: Scratch): Source {
  const agent = new Agent({ connections: 4 });
  scratch.finally(() => agent.close());
  const { user: name, password } = credentials;
  const signIn = async () => {
    const { headers, body } = await request(`${url}/_session`, {
      ...{ method: 'POST', dispatcher: agent },
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, password }),
    });
    await body.dump();
    const cookie = [headers['set-cookie']].flat()[0]?.split(';', 1)[0];
    if (cookie === undefined) throw new Error(`${url} let nobody in as ${name}`);
    return cookie;
  };
  let session: { cookie: string; until: number } | undefined;
  const send = async (method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, content?: unknown): Promise<unknown> => {
    if (session === undefined || Date.now() > session.until) {
      session = { cookie: await signIn(), until: Date.now() + renewEveryMs };
    }
    const { statusCode, body } = await request(`${url}${path}`, {
      ...{ method, dispatcher: agent },
      headers: { cookie: session.cookie, 'content-type': 'application/json' },
      ...(content === undefined ? {} : { body: JSON.stringify(content) }),
    });
    const text = await body.text();
    if (statusCode >= 300) throw new Error(`${method} ${path} was answered with ${statusCode}: ${text}`);
    return JSON.parse(text);
  };
  return {
    url,
    credentials,
    cpu: () => cpuOf(pid),
    signIn,
    createDatabase: async (database) => {
      await send('PUT', `/${database}`);
      const remove = async () => {
        await send('DELETE', `/${database}`);
      };
      if (pid === undefined) scratch.finally(remove);
      return {
        name: database,
        address: `${url}/${database}`,
        write: async (docs, newEdits = true) => {
          const answer = (await send('POST', `/${database}/_bulk_docs`, { docs, new_edits: newEdits })) as Row[];
          const refused = answer.find(({ error }) => error !== undefined);
          if (refused !== undefined) throw new Error(`a document was refused: ${JSON.stringify(refused)}`);
        },
        get: async (id) => (await send('GET', `/${database}/${encodeURIComponent(id)}`)) as Document,
        put: async (document) => {
          const answer = await send('PUT', `/${database}/${encodeURIComponent(document._id)}`, document);
          return (answer as { rev: string }).rev;
        },
      };
    },
  };
}

interface Row {
  readonly error?: string;
}

/** A session of CouchDB lasts ten minutes. */
const renewEveryMs = 300_000;
