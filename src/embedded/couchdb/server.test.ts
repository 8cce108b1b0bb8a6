import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { expect, test } from 'vitest';
import { createLog } from '../../lib/index.js';
import { ask, testSource, type TestSource } from './couchdb.fixture.js';

test('it says at its start what it is', async () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  await using source = await testSource({
    log: createLog({ level: 'warn', format: 'json', secrets: [], destination }),
  });
  expect(source.server.url).toBe(`http://127.0.0.1:${source.server.port}`);
  expect(lines.join()).toContain('not Apache CouchDB');
});

test('a port that is taken is named, with what to do', async () => {
  await using source = await testSource();
  await expect(testSource({ port: source.server.port })).rejects.toMatchObject({
    code: 'EMBEDDED_FAILED',
    message: expect.stringContaining(String(source.server.port)) as string,
    remedy: expect.stringContaining('EMBEDDED_COUCHDB_PORT') as string,
  });
});

test('a folder that is in use is named', async () => {
  await using source = await testSource();
  await expect(testSource({ folder: source.folder })).rejects.toMatchObject({
    code: 'EMBEDDED_FAILED',
    message: expect.stringContaining(source.folder) as string,
  });
});

test('everything is there again after a restart, sequences too', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic?q=3');
  const docs = Array.from({ length: 700 }, (_, n) => ({ _id: `d${n}`, n }));
  await source.ask('POST', '/medic/_bulk_docs', { docs });
  const whole = (await source.ask('GET', '/medic/_changes?include_docs=true')).text;
  const info = (await source.ask('GET', '/medic')).body;
  const part = (await source.ask('GET', '/medic/_changes?limit=100')).body;
  await source.restart();
  expect((await source.ask('GET', '/medic/_changes?include_docs=true')).text).toBe(whole);
  expect((await source.ask('GET', '/medic')).body.update_seq).toBe(info.update_seq);
  const rest = (await source.ask('GET', `/medic/_changes?limit=10&since=${part.last_seq}`)).body;
  expect(rest.pending).toBe(590);
});

test('every write that was acknowledged is there after the process is killed', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cht-sync-couchdb-'));
  // Beside node_modules, since the bundle imports from there.
  const bundle = await mkdtemp(join(import.meta.dirname, '../../../node_modules/.crash-'));
  try {
    const entry = join(import.meta.dirname, 'server-crash.fixture.ts');
    await build({ logLevel: 'silent', configFile: false, build: { ssr: entry, outDir: bundle, emptyOutDir: false } });
    const child = fork(join(bundle, 'server-crash.fixture.js'), [folder], { execArgv: [] });
    const [url] = (await once(child, 'message')) as [string];
    await ask(`${url}/medic`, 'PUT');
    const acknowledged: string[] = [];
    const write = async (writer: number) => {
      for (let at = 0; ; at += 1) {
        const docs = Array.from({ length: 1 + (at % 20) }, (_, n) => ({ _id: `${writer}-${at}-${n}` }));
        const { list } = await ask(`${url}/medic/_bulk_docs`, 'POST', { docs });
        for (const { id, rev } of list) acknowledged.push(`${id} ${rev}`);
        if (acknowledged.length > 1500) child.kill('SIGKILL');
      }
    };
    await Promise.allSettled([1, 2, 3, 4].map(write));
    await using source = await testSource({ folder });
    const { results, pending } = (await source.ask('GET', '/medic/_changes')).body;
    const there = new Set(results.map(({ id, changes }) => `${id} ${changes[0]!.rev}`));
    expect(acknowledged.length).toBeGreaterThan(1500);
    expect(acknowledged.filter((line) => !there.has(line))).toEqual([]);
    const { doc_count: count } = (await source.ask('GET', '/medic')).body;
    expect([count, pending]).toEqual([there.size, 0]);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(bundle, { recursive: true, force: true });
  }
});

/** Requests as no client should send them. */
const malformed: [string, string, string | undefined, number][] = [
  ['PUT', '/medic/a', '{', 400],
  ['PUT', '/medic/a', '', 400],
  ['PUT', '/medic/a', '[]', 400],
  ['PUT', '/medic/a', '"x"', 400],
  ['PUT', '/medic/a', '{"_unknown":1}', 400],
  ['PUT', '/medic/a', '{"_rev":"x"}', 400],
  ['PUT', '/medic/a', '{"_rev":7}', 400],
  ['PUT', '/medic/a', '{"_revisions":{"start":1,"ids":[]},"_rev":"1-a"}', 400],
  ['PUT', '/medic/a', '{"_attachments":[]}', 400],
  ['PUT', '/medic/a', '{"_attachments":{"x":{}}}', 400],
  ['PUT', '/medic/_x', '{}', 404],
  ['POST', '/medic', '{"_id":7}', 400],
  ['POST', '/medic', '{"_id":""}', 400],
  ['POST', '/medic', '{"_id":"_x"}', 400],
  ['POST', '/medic', String.raw`{"_id":"\ud800"}`, 400],
  ['POST', '/medic/_bulk_docs', '{}', 400],
  ['POST', '/medic/_bulk_docs', '{"docs":{}}', 400],
  ['POST', '/medic/_bulk_docs', '{"docs":[1]}', 400],
  ['POST', '/medic/_bulk_docs', '{"docs":[{"_id":"a"}],"new_edits":false}', 201],
  ['POST', '/medic/_bulk_get', '{}', 400],
  ['POST', '/medic/_bulk_get', '{"docs":[null]}', 400],
  ['POST', '/medic/_revs_diff', '{"a":1}', 400],
  ['POST', '/medic/_revs_diff', '{"a":["x"]}', 400],
  ['POST', '/medic/_purge', '{"a":1}', 400],
  ['POST', '/medic/_all_docs', '{"keys":[1]}', 400],
  ['POST', '/medic/_session', '{}', 404],
  ['POST', '/_session', '[', 400],
  ['POST', '/_session', 'null', 400],
  ['PUT', '/medic/_security', '7', 400],
  ['GET', '/medic/_changes?since=garbage', undefined, 400],
  ['GET', '/medic/_changes?since=5', undefined, 400],
  ['GET', '/medic/_changes?feed=eventsource', undefined, 400],
  ['GET', '/medic/_changes?limit=-1', undefined, 400],
  ['GET', '/medic/_changes?limit=x', undefined, 400],
  ['GET', '/medic/_changes?heartbeat=0', undefined, 400],
  ['GET', '/medic/_changes?include_docs=perhaps', undefined, 400],
  ['GET', '/medic/_changes?filter=x/y', undefined, 400],
  ['GET', '/medic/_all_docs?start_key=x', undefined, 400],
  ['GET', '/medic/a?rev=x', undefined, 400],
  ['GET', '/%ff', undefined, 400],
  ['GET', '/%', undefined, 400],
  ['GET', '/medic/_design', undefined, 404],
  ['GET', '/medic/_find', undefined, 404],
  ['GET', '/none/_changes', undefined, 404],
  ['GET', '/none/a', undefined, 404],
  ['PATCH', '/medic', undefined, 405],
  ['DELETE', '/medic/_changes', undefined, 405],
  ['PUT', '/_embedded/awkwardness', '[]', 400],
  ['POST', '/_embedded/nothing/medic', undefined, 404],
  ['POST', '/_embedded/snapshot/none/x', undefined, 404],
];

test('malformed requests are answered with their error, and the server goes on', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  for (const [method, path, body, status] of malformed) {
    const answer = await source.ask(method, path, body);
    expect([method, path, body, answer.status]).toEqual([method, path, body, status]);
    if (status >= 400) expect([typeof answer.body.error, typeof answer.body.reason]).toEqual(['string', 'string']);
  }
  expect((await source.ask('GET', '/_up')).status).toBe(200);
});

test('bytes that are no text, and connections that break, do no harm', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  await sendRaw(source, 'PUT /medic/a HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{"a":');
  await sendRaw(source, 'nonsense\r\n\r\n');
  await sendRaw(source, `GET /medic/_changes?feed=continuous HTTP/1.1\r\nHost: x\r\n\r\n`);
  const bytes = await fetch(`${source.url}/medic/a`, {
    method: 'PUT',
    headers: { authorization: 'Basic YWRtaW46c2VjcmV0' },
    body: Buffer.from([0x22, 0xff, 0x22]),
  });
  expect(bytes.status).toBe(400);
  expect((await source.ask('GET', '/medic')).body.doc_count).toBe(0);
});

test('what is too large is refused', async () => {
  await using source = await testSource({ maxDocumentBytes: 100, maxRequestBytes: 1000 });
  await source.ask('PUT', '/medic');
  const document = await source.ask('PUT', '/medic/a', { text: 'x'.repeat(200) });
  expect([document.status, document.body.error]).toEqual([413, 'document_too_large']);
  const request = await source.ask('PUT', '/medic/a', { text: 'x'.repeat(100_000) });
  expect([request.status, request.body.error]).toEqual([413, 'too_large']);
});

async function sendRaw({ server }: TestSource, text: string): Promise<void> {
  const socket = connect(server.port, server.host);
  await once(socket, 'connect');
  await new Promise((resolve) => socket.write(text, resolve));
  socket.destroy();
  await once(socket, 'close');
}
