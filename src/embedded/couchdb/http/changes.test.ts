import { expect, test } from 'vitest';
import { authorization, testSource } from '../couchdb.fixture.js';

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

test('a continuous feed sends what is written, as it is written', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  const feed = await fetch(`${source.url}/medic/_changes?feed=continuous&heartbeat=50&since=now`, {
    headers: { authorization },
  });
  const writing = (async () => {
    for (let at = 0; at < 40; at += 1) await source.ask('PUT', `/medic/d${at}`, { at });
  })();
  const seen = new Set<string>();
  let text = '';
  for await (const chunk of feed.body!) {
    text += Buffer.from(chunk).toString();
    for (const [, id] of text.matchAll(/^\{"seq":"[^"]+","id":"(d\d+)".*\}\n/gm)) seen.add(id!);
    if (seen.size === 40) break;
  }
  await writing;
  expect(seen.size).toBe(40);
});

test('a feed is limited, turned around, begun now, or asked for some documents only', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  await source.ask('POST', '/medic/_bulk_docs', { docs: [{ _id: 'a' }, { _id: 'b' }, { _id: 'c' }] });
  const idsOf = async (query: string) => {
    const { body } = await source.ask('GET', `/medic/_changes?${query}`);
    return body.results.map(({ id }) => id);
  };
  const nothing = await source.ask('GET', '/medic/_changes?limit=0');
  expect([nothing.body.results, nothing.body.pending]).toEqual([[], 3]);
  expect(nothing.text).toMatch(/^\{"results":\[\n\n\],\n"last_seq":"0-[\w-]+","pending":3\}\n$/);
  expect((await idsOf('descending=true')).toSorted()).toEqual(['a', 'b', 'c']);
  expect(await idsOf('since=now')).toEqual([]);
  expect(await idsOf('filter=_doc_ids&doc_ids=["b"]')).toEqual(['b']);
  const posted = await source.ask('POST', '/medic/_changes?filter=_doc_ids', { doc_ids: ['c', 'none'] });
  expect(posted.body.results.map(({ id }) => id)).toEqual(['c']);
  expect((await source.ask('POST', '/medic/_changes', {})).body.results).toHaveLength(3);
});

test('a document that changes again has one row only, its last', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic?q=1');
  let rev = '';
  for (const n of [1, 2, 3]) {
    rev = (await source.ask('PUT', `/medic/a${rev === '' ? '' : `?rev=${rev}`}`, { n })).body.rev;
    await source.ask('PUT', `/medic/b${n}`, {});
  }
  const { body } = await source.ask('GET', '/medic/_changes');
  expect(body.results.map(({ id }) => id)).toEqual(['b1', 'b2', 'a', 'b3']);
  expect(body.results[2]?.changes).toEqual([{ rev }]);
});
