import { request } from 'node:http';
import { expect, test } from 'vitest';
import type { Effect } from './awkwardness.js';
import { authorization, testSource, type TestSource } from './couchdb.fixture.js';

/** A database `medic` with documents `d0`, `d1`... */
async function filled(count: number): Promise<TestSource> {
  const source = await testSource();
  await source.ask('PUT', '/medic');
  await add(source, 0, count);
  return source;
}

async function add({ ask }: TestSource, from: number, to: number): Promise<void> {
  const docs = Array.from({ length: to - from }, (_, n) => ({ _id: `d${from + n}`, n: from + n }));
  await ask('POST', '/medic/_bulk_docs', { docs });
}

async function page({ ask }: TestSource, query = '') {
  const { body } = await ask('GET', `/medic/_changes?${query}`);
  return { ...body, ids: body.results.map(({ id }) => id) };
}

test('shards are merged in another order than that of writing, and shuffled in another each time', async () => {
  await using source = await filled(60);
  const first = (await page(source)).ids;
  expect(first).not.toEqual(Array.from({ length: 60 }, (_, n) => `d${n}`));
  expect((await page(source)).ids).toEqual(first);
  source.server.awkwardness.set({ shuffle: true });
  const orders = new Set<string>();
  for (let at = 0; at < 10; at += 1) {
    const { ids } = await page(source);
    expect([...ids].sort()).toEqual([...first].sort());
    orders.add(ids.join());
  }
  expect(orders.size).toBeGreaterThan(1);
});

test('the number before a sequence bounces', async () => {
  await using source = await filled(50);
  source.server.awkwardness.set({ bouncingPrefix: true });
  const { results, last_seq: since } = await page(source);
  const numbers = results.map(({ seq }) => parseInt(seq ?? ''));
  expect(numbers).not.toEqual(numbers.toSorted((a, b) => a - b));
  expect((await page(source, `since=${since}`)).results).toEqual([]);
});

test('rows between those that seq_interval names have no sequence', async () => {
  await using source = await filled(10);
  const { results } = await page(source, 'seq_interval=3&limit=10');
  // CouchDB counts from the limit down: 10, 9, 8... of which 9, 6 and 3 can be divided by 3.
  expect(results.map(({ seq }) => seq !== null)).toEqual(
    [1, 4, 7].reduce<boolean[]>((rows, at) => rows.with(at, true), new Array<boolean>(10).fill(false)),
  );
});

test('a page repeats rows of before, but there is always something new', async () => {
  await using source = await filled(40);
  source.server.awkwardness.set({ repeatRows: 3 });
  const seen: string[] = [];
  let since = '0';
  for (let pages = 0; ; pages += 1) {
    expect(pages).toBeLessThan(40);
    const { ids, last_seq: next, pending } = await page(source, `limit=5&since=${since}`);
    seen.push(...ids);
    since = next;
    if (pending === 0) break;
  }
  expect(new Set(seen).size).toBe(40);
  expect(seen.length).toBeGreaterThan(40);
});

test('the next feeds go back to the beginning, or half the way, as often as they are told to', async () => {
  await using source = await filled(20);
  const { last_seq: since } = await page(source);
  source.server.awkwardness.set({ rewinds: 2 });
  for (const rows of [20, 20, 0]) expect((await page(source, `since=${since}`)).ids).toHaveLength(rows);
  source.server.awkwardness.set({ rewinds: 1, rewindTo: 'half' });
  expect((await page(source, `since=${since}`)).ids.length).toBeLessThan(13);
});

test('pending, documents and lines are not always there', async () => {
  await using source = await filled(4);
  source.server.awkwardness.set({ nullPending: true, nullDocEvery: 2, blankLineEvery: 1 });
  const { text, body } = await source.ask('GET', '/medic/_changes?include_docs=true');
  expect(body.pending).toBeNull();
  expect(body.results.map(({ doc }) => doc === null)).toEqual([false, true, false, true]);
  expect(text.match(/\n\n|\n,\n/g)?.length).toBeGreaterThanOrEqual(3);
});

test.each(['reordered', 'pretty'] as const)('rows that are %s mean the same', async (rowLayout) => {
  await using source = await filled(5);
  const usual = await source.ask('GET', '/medic/_changes?include_docs=true');
  source.server.awkwardness.set({ rowLayout });
  const { text, body } = await source.ask('GET', '/medic/_changes?include_docs=true');
  expect(body).toEqual(usual.body);
  expect(text).not.toContain('{"seq"');
  expect(text.split('\n').length > 30).toBe(rowLayout === 'pretty');
});

test('longpoll and continuous feeds end by themselves, with where they are', async () => {
  await using source = await filled(10);
  source.server.awkwardness.set({ endAfterRows: 4 });
  const lines = (await source.ask('GET', '/medic/_changes?feed=continuous&heartbeat=1000')).text.trim().split('\n');
  expect(lines).toHaveLength(5);
  const { last_seq: since } = JSON.parse(lines[4]!) as { last_seq: string };
  expect((await page(source, `since=${since}`)).ids).toHaveLength(6);
  source.server.awkwardness.set({ endAfterRows: 0, endAfterMs: 50 });
  const { body } = await source.ask('GET', '/medic/_changes?feed=longpoll&since=now&heartbeat=1000');
  expect(body.results).toEqual([]);
});

test('rows come late', async () => {
  await using source = await filled(5);
  source.server.awkwardness.set({ rowDelayMs: 20 });
  const before = Date.now();
  await page(source);
  expect(Date.now() - before).toBeGreaterThanOrEqual(95);
});

test('answers are compressed for those who accept it, feeds row by row', async () => {
  await using source = await filled(3);
  source.server.awkwardness.set({ gzip: true });
  const normal = await source.ask('GET', '/medic/_changes', undefined, { 'accept-encoding': 'gzip' });
  expect(normal.headers.get('content-encoding')).toBe('gzip');
  expect(normal.body.results).toHaveLength(3);
  const plain = await source.ask('GET', '/medic/_changes', undefined, { 'accept-encoding': 'identity' });
  expect(plain.headers.get('content-encoding')).toBeNull();
  const feed = await fetch(`${source.url}/medic/_changes?feed=continuous&heartbeat=30`, {
    headers: { authorization, 'accept-encoding': 'gzip' },
  });
  let text = '';
  for await (const chunk of feed.body!) {
    text += Buffer.from(chunk).toString();
    if (text.includes('\n\n')) break;
  }
  expect(text.split('\n').filter((line) => line !== '')).toHaveLength(3);
});

test.each([
  [401, 'unauthorized'],
  [404, 'not_found'],
  [413, 'too_large'],
  [500, 'internal_server_error'],
  [503, 'service_unavailable'],
])('status %i strikes as often as it is told to, and only where it is told to', async (status, error) => {
  await using source = await filled(1);
  source.server.awkwardness.set({ faults: [{ path: '/_changes', times: 2, effect: { kind: 'status', status } }] });
  expect((await source.ask('GET', '/medic')).status).toBe(200);
  for (const expected of [status, status, 200]) {
    const answer = await source.ask('GET', '/medic/_changes');
    expect(answer.status).toBe(expected);
    if (expected !== 200) expect(answer.body.error).toBe(error);
  }
});

test('a client is told when to come back, gets a web page, or waits', async () => {
  await using source = await filled(1);
  source.server.awkwardness.set({
    faults: [
      { path: '.', method: 'POST', times: 1, effect: { kind: 'status', status: 429, retryAfterSeconds: 7 } },
      { path: '.', times: 1, effect: { kind: 'html' } },
      { path: '.', times: 1, effect: { kind: 'delay', ms: 80 } },
    ],
  });
  const page = await source.ask('GET', '/medic');
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  const busy = await source.ask('POST', '/medic', {});
  expect([busy.status, busy.headers.get('retry-after')]).toEqual([429, '7']);
  const before = Date.now();
  expect((await source.ask('GET', '/medic')).status).toBe(200);
  expect(Date.now() - before).toBeGreaterThanOrEqual(75);
});

/** How an answer came: its bytes, and whether it was ended, cut or left open. */
function received(source: TestSource, path: string): Promise<{ text: string; how: string }> {
  return new Promise((resolve) => {
    let text = '';
    const asked = request(`${source.url}${path}`, { headers: { authorization }, agent: false }, (response) => {
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => settle('ended'));
      response.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    });
    const settle = (how: string) => {
      clearTimeout(timer);
      resolve({ text, how });
      asked.destroy();
    };
    asked.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    const timer = setTimeout(() => settle('hung'), 300);
    asked.end();
  });
}

test('an answer hangs, is cut with or without its end, or its connection is reset, after so many bytes', async () => {
  await using source = await filled(50);
  const whole = (await source.ask('GET', '/medic/_changes?include_docs=true')).text;
  const strike = (effect: Effect) => {
    source.server.awkwardness.set({ faults: [{ path: '/_changes', times: 1, effect }] });
    return received(source, '/medic/_changes?include_docs=true');
  };
  const half = whole.slice(0, 2000);
  expect(await strike({ kind: 'hang', afterBytes: 0 })).toEqual({ text: '', how: 'hung' });
  expect(await strike({ kind: 'hang', afterBytes: 2000 })).toEqual({ text: half, how: 'hung' });
  expect(await strike({ kind: 'cut', afterBytes: 2000, terminated: true })).toEqual({ text: half, how: 'ended' });
  expect(await strike({ kind: 'cut', afterBytes: 2000, terminated: false })).toEqual({ text: half, how: 'ECONNRESET' });
  expect((await strike({ kind: 'reset', afterBytes: 2000 })).how).toBe('ECONNRESET');
  expect((await strike({ kind: 'reset', afterBytes: 0 })).how).toBe('ECONNRESET');
  expect((await source.ask('GET', '/medic/_changes')).body.results).toHaveLength(50);
});

test('another process sets the switches over HTTP, which are checked', async () => {
  await using source = await testSource();
  const set = await source.ask('PUT', '/_embedded/awkwardness', { shuffle: true, repeatRows: 2 });
  expect(set.body).toMatchObject({ shuffle: true, repeatRows: 2, nullPending: false });
  expect(source.server.awkwardness.get()).toMatchObject({ shuffle: true, repeatRows: 2 });
  for (const bad of [
    { unknown: 1 },
    { repeatRows: -1 },
    { faults: [{ path: '(', times: 1, effect: { kind: 'html' } }] },
  ]) {
    expect((await source.ask('PUT', '/_embedded/awkwardness', bad)).status).toBe(400);
  }
  expect((await source.ask('GET', '/_embedded/awkwardness')).body).toMatchObject({ shuffle: true });
  expect((await source.ask('DELETE', '/_embedded/awkwardness')).body).toMatchObject({ shuffle: false, repeatRows: 0 });
});

test('an older copy that is put back keeps its shards, so a later sequence skips what was written since', async () => {
  await using source = await filled(10);
  expect((await source.ask('POST', '/_embedded/snapshot/medic/monday')).status).toBe(200);
  const older = (await source.ask('GET', '/medic')).body;
  await add(source, 10, 30);
  const { last_seq: since } = await page(source);
  expect((await source.ask('POST', '/_embedded/restore/medic/monday')).status).toBe(200);
  expect((await source.ask('GET', '/medic')).body).toMatchObject({
    update_seq: older.update_seq,
    doc_count: 10,
    instance_start_time: older.instance_start_time,
  });
  await add(source, 100, 104);
  expect((await page(source, `since=${since}`)).ids).toEqual([]);
  expect((await page(source)).ids).toHaveLength(14);
  expect((await source.ask('POST', '/_embedded/restore/medic/tuesday')).status).toBe(404);
});

test('shards that are moved have another order, and no older sequence knows them', async () => {
  await using source = await filled(30);
  const before = await page(source, 'include_docs=true');
  expect((await source.ask('POST', '/_embedded/move-shards/medic')).status).toBe(200);
  const after = await page(source, `include_docs=true&since=${before.last_seq}`);
  expect(after.ids).not.toEqual(before.ids);
  expect([...after.ids].sort()).toEqual([...before.ids].sort());
  expect(after.pending).toBe(0);
  await add(source, 30, 33);
  expect((await page(source, `since=${after.last_seq}`)).ids).toHaveLength(3);
});

test('tombstones vanish without a row', async () => {
  await using source = await filled(5);
  const { rev } = (await source.ask('PUT', '/medic/gone', {})).body;
  await source.ask('DELETE', `/medic/gone?rev=${rev}`);
  const { last_seq: since } = await page(source);
  expect((await source.ask('POST', '/_embedded/purge-tombstones/medic')).body).toEqual({ ok: true, purged: 1 });
  expect((await page(source, `since=${since}`)).ids).toEqual([]);
  expect((await page(source)).ids).toHaveLength(5);
  expect((await source.ask('GET', '/medic')).body).toMatchObject({ doc_count: 5, doc_del_count: 0 });
});
