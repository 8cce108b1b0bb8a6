import { expect, test } from 'vitest';
import { testSource } from '../couchdb.fixture.js';

test('a page of changes has one row a line, in the order of keys that CouchDB uses', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  const docs = Array.from({ length: 5 }, (_, n) => ({ _id: `d${n}`, n }));
  const written = await source.ask('POST', '/medic/_bulk_docs', { docs });
  expect(written.status).toBe(201);
  const rev = written.list[0]!.rev;
  await source.ask('DELETE', `/medic/d0?rev=${rev}`);
  const page = await source.ask('GET', '/medic/_changes?include_docs=true');
  const lines = page.text.split('\n');
  expect(lines[0]).toBe('{"results":[');
  expect(lines).toHaveLength(5 + 4);
  const row = /^\{"seq":"\d+-[\w-]+","id":"d\d","changes":\[\{"rev":"\d-\w+"\}\](,"deleted":true)?,"doc":\{.*\}\},?$/;
  for (const line of lines.slice(1, 6)) expect(line).toMatch(row);
  expect(lines[6]).toBe('],');
  expect(lines[7]).toMatch(/^"last_seq":"6-[\w-]+","pending":0\}$/);
});

test('following pages of any size ends with every document, and pending counts down to 0', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  const docs = Array.from({ length: 1300 }, (_, n) => ({ _id: `d${n}`, n }));
  await source.ask('POST', '/medic/_bulk_docs', { docs });
  const ids = new Set<string>();
  let since = '0';
  for (let pending = Infinity; pending > 0;) {
    const { body } = await source.ask('GET', `/medic/_changes?limit=97&since=${since}`);
    for (const { id } of body.results) ids.add(id);
    expect(body.pending).toBe(1300 - ids.size);
    since = body.last_seq;
    pending = body.pending ?? 0;
  }
  expect(ids.size).toBe(1300);
});

test('longpoll waits for a change and ends with it', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  const polled = source.ask('GET', '/medic/_changes?feed=longpoll&since=now&include_docs=true&heartbeat=50');
  await new Promise((resolve) => setTimeout(resolve, 200));
  await source.ask('PUT', '/medic/a', { x: 1 });
  const { body, text } = await polled;
  expect(body.results).toMatchObject([{ id: 'a', doc: { x: 1 } }]);
  expect(text).toContain('\n\n');
});

test('a continuous feed ends with its last sequence after a timeout', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  await source.ask('PUT', '/medic/a', { x: 1 });
  const { text } = await source.ask('GET', '/medic/_changes?feed=continuous&timeout=50');
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(lines).toMatchObject([{ id: 'a' }, { last_seq: expect.any(String) as string, pending: 0 }]);
});

test('stopping does not wait for open feeds', async () => {
  const source = await testSource();
  await source.ask('PUT', '/medic');
  const cut = source.ask('GET', '/medic/_changes?feed=continuous&heartbeat=100').catch(() => 'cut');
  await new Promise((resolve) => setTimeout(resolve, 250));
  const before = Date.now();
  await source[Symbol.asyncDispose]();
  expect(Date.now() - before).toBeLessThan(2000);
  expect(await cut).toBe('cut');
});
