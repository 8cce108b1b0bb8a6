import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLog, systemClock } from '../../lib/index.js';
import { startEmbeddedCouchDb, type EmbeddedCouchDb } from '../couchdb/index.js';
import { CouchDbWriter } from './couchdb-writer.js';
import { sampleDatabases } from './documents.js';
import { exampleEdit } from './example-edit.js';
import { fillSource, type FillOptions, type FillProgress } from './fill-source.js';

// Thousands of documents on a machine that does other things too.
vi.setConfig({ testTimeout: 30_000 });

const now = new Date('2026-03-04T10:00:00Z');
const log = createLog({ level: 'silent', format: 'json', secrets: [] });
const user = 'admin';
const password = 'a password for tests';

let folder: string;
const servers: EmbeddedCouchDb[] = [];
const writers: CouchDbWriter[] = [];

/** An empty server, and what it takes to fill it. */
async function source() {
  const server = await startEmbeddedCouchDb({
    folder: join(folder, String(servers.length)),
    port: 0,
    admin: { user, password },
    log,
    clock: systemClock,
  });
  servers.push(server);
  const target = { url: server.url, user, password };
  const writer = new CouchDbWriter(target);
  writers.push(writer);
  const get = async (path: string) => (await writer.send('GET', path)).body as Record<string, unknown>;
  return {
    writer,
    get,
    fill: (options: Partial<FillOptions> = {}) => fillSource({ ...target, now, log, documents: 2500, ...options }),
    /** Every document with its winning revision, of all databases. */
    contents: async () => {
      const all: string[] = [];
      for (const database of sampleDatabases.filter((name) => name !== '_users')) {
        const { results } = (await get(`/${database}/_changes?style=all_docs`)) as {
          results: { id: string; changes: object[] }[];
        };
        const leaves = (changes: object[]) => changes.map((change) => JSON.stringify(change)).sort();
        for (const { id, changes } of results) all.push(`${database} ${id} ${leaves(changes).join()}`);
      }
      return [...new Set(all)].sort();
    },
  };
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cht-sync-sample-'));
});
afterEach(async () => {
  for (const writer of writers.splice(0)) await writer.close();
  for (const server of servers.splice(0)) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

test('an empty CouchDB is filled with all documents, and progress goes up to their number', async () => {
  const { fill, get } = await source();
  const progress: FillProgress[] = [];
  const filled = await fill({ onProgress: (step) => progress.push(step) });
  expect(filled).toEqual({ documents: 2500, seed: 1, now, alreadyComplete: false });
  expect(progress.at(-1)).toMatchObject({ written: 2500, total: 2500 });
  expect(progress.map(({ written }) => written)).toEqual(
    [...progress.map(({ written }) => written)].sort((a, b) => a - b),
  );

  let documents = 0;
  for (const database of sampleDatabases) {
    const { doc_count, doc_del_count } = (await get(`/${database}`)) as { doc_count: number; doc_del_count: number };
    documents += doc_count + doc_del_count;
  }
  // A CouchDB may have a design document of its own in `_users`.
  expect(documents - 2500).toBeLessThanOrEqual(1);
  expect(documents).toBeGreaterThanOrEqual(2500);
});

test('one document is in conflict, and the users can sign in', async () => {
  const { fill, get } = await source();
  await fill();
  const changes = (await get('/medic/_changes?style=all_docs')) as { results: { id: string; changes: object[] }[] };
  const contested = changes.results.filter((row) => row.changes.length > 1);
  expect(contested).toHaveLength(1);
  const { _conflicts } = await get(`/medic/${contested[0]!.id}?conflicts=true`);
  expect(_conflicts).toHaveLength(1);

  const accounts = (await get('/_users/_all_docs?include_docs=true')) as { rows: { doc: Record<string, unknown> }[] };
  const account = accounts.rows.map(({ doc }) => doc).find(({ type }) => type === 'user')!;
  expect(account).not.toHaveProperty('password');
  expect(account).toHaveProperty('derived_key');
});

test('broken off at any batch and started again later, it becomes the same as one filled at once', async () => {
  const whole = await source();
  await whole.fill();
  const expected = await whole.contents();
  for (const batches of [1, 3, 6]) {
    const { fill, contents } = await source();
    const stop = new AbortController();
    let seen = 0;
    const onProgress = () => {
      seen += 1;
      if (seen >= batches) stop.abort();
    };
    await expect(fill({ signal: stop.signal, onProgress })).rejects.toThrow(/abort/i);
    const filled = await fill({ now: new Date(now.getTime() + 86_400_000) });
    expect(filled).toEqual({ documents: 2500, seed: 1, now, alreadyComplete: false });
    expect(await contents()).toEqual(expected);
  }
});

test('a complete sample is left alone, so that edits made later stay, whatever sample is asked for', async () => {
  const { fill, get, writer } = await source();
  await fill();
  const { id, edited, after } = exampleEdit({ documents: 2500, now });
  await writer.send('PUT', `/medic/${id}`, edited);
  const before = await get('/medic');
  expect(await fill()).toMatchObject({ alreadyComplete: true });
  expect(await fill({ documents: 100, seed: 9 })).toMatchObject({ documents: 2500, seed: 1, alreadyComplete: true });
  expect(await get('/medic')).toMatchObject({ doc_count: before.doc_count, doc_del_count: before.doc_del_count });
  expect(await get(`/medic/${id}`)).toMatchObject({ phone: after });
});

test('a database that was made anew beside the complete sample stays as it was made', async () => {
  const { fill, get, writer } = await source();
  await fill();
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  await fetch(`${servers[0]?.url ?? ''}/medic-users-meta`, { method: 'DELETE', headers: { authorization } });
  await writer.send('PUT', '/medic-users-meta');
  await writer.send('PUT', '/medic-users-meta/mine', { type: 'other' });
  expect(await fill()).toMatchObject({ alreadyComplete: true });
  expect(await get('/medic-users-meta')).toMatchObject({ doc_count: 1 });
});

test('an edit made while the sample was not complete stays as well', async () => {
  const { fill, get, writer } = await source();
  const stop = new AbortController();
  await expect(fill({ signal: stop.signal, onProgress: () => stop.abort() })).rejects.toThrow(/abort/i);
  const { id, edited, after } = exampleEdit({ documents: 2500, now });
  await writer.send('PUT', `/medic/${id}`, edited);
  await fill();
  expect(await get(`/medic/${id}`)).toMatchObject({ phone: after });
});

test('a database that holds something else is refused and stays as it is', async () => {
  const { fill, get, writer } = await source();
  await writer.send('PUT', '/medic');
  await writer.send('PUT', '/medic/patient', { type: 'person' });
  await expect(fill()).rejects.toMatchObject({ code: 'EMBEDDED_FAILED' });
  expect(await get('/medic')).toMatchObject({ doc_count: 1 });
});

test('a wrong password and a server that is not there are named', async () => {
  const { fill } = await source();
  await expect(fill({ password: 'wrong' })).rejects.toMatchObject({ code: 'COUCHDB_UNAUTHORIZED' });
  await expect(fill({ url: 'http://127.0.0.1:1' })).rejects.toMatchObject({
    code: 'COUCHDB_UNREACHABLE',
    passing: true,
  });
});
