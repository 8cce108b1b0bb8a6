import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedCouchDb, type EmbeddedCouchDb } from '../../src/embedded/index.js';
import { createLog, systemClock } from '../../src/lib/index.js';
import { freePort } from './global-postgres.js';

/** A document as a test writes it. */
export type TestDocument = { readonly _id: string; readonly _rev?: string; readonly _deleted?: boolean } & Record<
  string,
  unknown
>;

/** A server that speaks CouchDB's protocol, for one test. */
export interface TestCouchDb extends AsyncDisposable {
  /** Without credentials. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** The embedded server, with its switches; undefined when the tests run on a real CouchDB. */
  readonly embedded: EmbeddedCouchDb | undefined;
  /** Makes a database with a name of its own, which is removed in the end. */
  createDatabase(prefix?: string, suffix?: string): Promise<TestCouchDatabase>;
}

/** A database, with the few calls that tests need. */
export interface TestCouchDatabase {
  readonly name: string;
  /** Writes documents; gives their revisions in order. Fails when one is refused. */
  write(...documents: TestDocument[]): Promise<string[]>;
  /** Writes revisions as they are, as a replication does: so conflicts are made. */
  replicate(...documents: (TestDocument & { readonly _revisions: { start: number; ids: string[] } })[]): Promise<void>;
  /** Writes documents given as the JSON of a list, as it stands. */
  writeText(docs: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** Purges the winning revision, also that of a tombstone. */
  purge(id: string, rev?: string): Promise<void>;
  /** How many purges are remembered, after the next compaction. */
  limitPurges(count: number): Promise<void>;
  compact(): Promise<void>;
  get(id: string): Promise<TestDocument>;
  /** The winning revision of every document that is not deleted, design documents too, by id. */
  all(): Promise<Map<string, TestDocument>>;
  drop(): Promise<void>;
  /** Deletes it and makes it anew, at least a second later, so that it says another time of its making. */
  recreate(): Promise<void>;
}

/**
 * Starts the embedded server, or uses the CouchDB of `COUCHDB_TEST_URL` (`http://user:password@host:port`), on databases
 * that are made for the test and removed after it.
 */
export async function createTestCouchDb(): Promise<TestCouchDb> {
  const given = process.env.COUCHDB_TEST_URL;
  return given === undefined ? startEmbedded() : useReal(new URL(given));
}

async function startEmbedded(): Promise<TestCouchDb> {
  const folder = await mkdtemp(join(tmpdir(), 'cht-sync-couchdb-'));
  const admin = { user: 'admin', password: randomBytes(12).toString('hex') };
  const embedded = await startEmbeddedCouchDb({
    folder,
    port: await freePort(),
    admin,
    log: createLog({ level: 'silent', format: 'json', secrets: [] }),
    clock: systemClock,
  });
  return testCouchDb(embedded.url, admin, embedded, async () => {
    await embedded.stop();
    await rm(folder, { recursive: true, force: true });
  });
}

function useReal(url: URL): TestCouchDb {
  const credentials = { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  return testCouchDb(url.origin, credentials, undefined, () => Promise.resolve());
}

function testCouchDb(
  url: string,
  credentials: { user: string; password: string },
  embedded: EmbeddedCouchDb | undefined,
  stop: () => Promise<void>,
): TestCouchDb {
  const made: TestCouchDatabase[] = [];
  return {
    url,
    ...credentials,
    embedded,
    createDatabase: async (prefix = 'test', suffix = '') => {
      const name = `${prefix}-${randomBytes(5).toString('hex')}${suffix}`;
      const request = requester(`${url}/${name}`, credentials);
      await request('PUT', '');
      const database = testDatabase(name, request);
      made.push(database);
      return database;
    },
    [Symbol.asyncDispose]: async () => {
      if (embedded === undefined) await Promise.all(made.map((database) => database.drop().catch(() => undefined)));
      await stop();
    },
  };
}

type Request = (method: string, path: string, body?: unknown) => Promise<unknown>;

/** Makes requests of one database. What is not 2xx fails with CouchDB's words. */
function requester(base: string, { user, password }: { user: string; password: string }): Request {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return async (method, path, body) => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as unknown;
  };
}

function testDatabase(name: string, request: Request): TestCouchDatabase {
  const get = (id: string) => request('GET', `/${encodeURIComponent(id)}`) as Promise<TestDocument>;
  return {
    name,
    write: async (...docs) => {
      const results = (await request('POST', '/_bulk_docs', { docs })) as {
        rev?: string;
        error?: string;
        id: string;
      }[];
      return results.map(({ rev, error, id }) => {
        if (rev === undefined) throw new Error(`${id}: ${error ?? 'no revision'}`);
        return rev;
      });
    },
    replicate: async (...docs) => {
      await request('POST', '/_bulk_docs', { docs, new_edits: false });
    },
    writeText: async (docs) => {
      await request('POST', '/_bulk_docs', `{"docs":${docs}}`);
    },
    limitPurges: async (count) => {
      await request('PUT', '/_purged_infos_limit', count);
    },
    compact: async () => {
      await request('POST', '/_compact', {});
    },
    purge: async (id, rev) => {
      if (rev !== undefined) {
        await request('POST', '/_purge', { [id]: [rev] });
        return;
      }
      const { rows } = (await request('POST', '/_all_docs', { keys: [id] })) as { rows: { value: { rev: string } }[] };
      await request('POST', '/_purge', { [id]: rows.map(({ value }) => value.rev) });
    },
    remove: async (id) => {
      const { _rev } = await get(id);
      await request('DELETE', `/${encodeURIComponent(id)}?rev=${_rev ?? ''}`);
    },
    get,
    all: async () => {
      const { rows } = (await request('GET', '/_all_docs?include_docs=true')) as { rows: { doc: TestDocument }[] };
      return new Map(rows.map(({ doc }) => [doc._id, doc]));
    },
    drop: async () => {
      await request('DELETE', '');
    },
    recreate: async () => {
      const made = async () => ((await request('GET', '')) as { instance_start_time: string }).instance_start_time;
      const before = await made();
      do {
        await request('DELETE', '');
        await request('PUT', '');
      } while ((await made()) === before);
    },
  };
}
