import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import pg from 'pg';
import { expect, test } from 'vitest';
import { createTestCouchDb } from '../support/couchdb.js';
import { createTestDatabase } from '../support/database.js';
import { CouchDbProxy, type HttpEffect } from './support/couchdb-proxy.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { TcpProxy } from './support/tcp-proxy.js';

/** A server that says everything back. */
async function startEcho(): Promise<AsyncDisposable & { readonly port: number; readonly sockets: readonly Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    [Symbol.asyncDispose]: async () => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
}

/** How a connection has ended: with an end or an error. */
async function ending(socket: Socket): Promise<string> {
  const [failed] = (await Promise.race([
    once(socket, 'end'),
    once(socket, 'error').catch((error: unknown) => [error]),
  ]).catch((error: unknown) => [error])) as [NodeJS.ErrnoException?];
  return failed?.code ?? 'end';
}

async function echoed(socket: Socket, text: string): Promise<number> {
  const began = performance.now();
  socket.write(text);
  let got = '';
  while (got.length < text.length) got += String((await once(socket, 'data'))[0]);
  expect(got).toBe(text);
  return performance.now() - began;
}

test('connections are led on, slowed down, cut, reset and forgotten as asked', async () => {
  await using echo = await startEcho();
  await using proxy = await TcpProxy.start({ host: '127.0.0.1', port: echo.port });
  const open = () => connect(proxy.port, proxy.host).on('error', () => undefined);

  const first = open();
  await echoed(first, 'hello');
  proxy.set({ latencyMs: 100 });
  expect(await echoed(first, 'late')).toBeGreaterThan(190);
  proxy.heal();
  proxy.set({ bytesPerSecond: 1000 });
  expect(await echoed(first, 'x'.repeat(200))).toBeGreaterThan(150);
  proxy.heal();
  proxy.cut('end');
  expect(await ending(first)).toBe('end');

  const second = open();
  await echoed(second, 'hello');
  proxy.cut('reset');
  expect(await ending(second)).toBe('ECONNRESET');

  proxy.set({ connect: 'reset' });
  expect(await ending(open())).toBe('ECONNRESET');
  proxy.set({ connect: 'hang' });
  const hung = open();
  hung.write('anybody?');
  await expect.poll(() => proxy.connections).toBe(4);
  proxy.heal();

  // Half-open: it stands on both sides, and nothing comes through; a new one is well.
  const third = open();
  await echoed(third, 'hello');
  const server = echo.sockets.at(-1)!;
  proxy.vanish();
  third.write('lost');
  server.write('lost, too');
  await echoed(open(), 'again');
  third.destroy();
  await echoed(open(), 'and again');
  expect([server.bytesRead, server.readableEnded, server.destroyed]).toEqual([5, false, false]);
  expect([third.bytesRead, hung.bytesRead]).toEqual([5, 0]);
});

test('requests to CouchDB go wrong as asked, and only those that are meant', async () => {
  await using couchdb = await createTestCouchDb();
  await using proxy = await CouchDbProxy.start(couchdb);
  const { url } = proxy.before(couchdb);
  const ask = async (path = '/') => {
    const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(500) });
    return { status: response.status, text: await response.text(), retryAfter: response.headers.get('retry-after') };
  };
  const whole = await ask();
  expect(whole).toMatchObject({ status: 200, text: expect.stringContaining('couchdb') as string });

  const struck = async (effect: HttpEffect) => {
    proxy.fail({ path: /^\/$/, effect });
    return ask().catch((error: unknown) => (error as Error).name);
  };
  expect(await struck({ kind: 'status', status: 429, retryAfterSeconds: 7 })).toMatchObject({
    status: 429,
    retryAfter: '7',
  });
  expect(await struck({ kind: 'hang', afterBytes: 0 })).toBe('TimeoutError');
  expect(await struck({ kind: 'hang', afterBytes: 5 })).toBe('TimeoutError');
  expect(await struck({ kind: 'trickle', bytesPerSecond: 10 })).toBe('TimeoutError');
  expect(await struck({ kind: 'cut', afterBytes: 5, how: 'end' })).toBe('TypeError');
  expect(await struck({ kind: 'cut', afterBytes: 5, how: 'reset' })).toBe('TypeError');
  expect(await struck({ kind: 'delay', ms: 50 })).toEqual(whole);
  let calls = 0;
  for (const afterBytes of [0, 5]) {
    expect(await struck({ kind: 'call', afterBytes, act: () => void (calls += 1) })).toEqual(whole);
  }
  expect(calls).toBe(2);
  expect(proxy.struck).toBe(9);

  proxy.fail({ path: /_up/, skip: 1, effect: { kind: 'status', status: 500 } });
  expect([await ask('/_up'), await ask('/'), await ask('/_up'), await ask('/_up')].map(({ status }) => status)).toEqual(
    [200, 200, 500, 200],
  );
});

test('a statement to PostgreSQL is noticed before, in the middle of and after it', async () => {
  await using database = await createTestDatabase();
  await using proxy = await PostgresProxy.start(database);
  await database.pool.query('CREATE TABLE couchdb_watermark AS SELECT 0 AS n');
  const client = new pg.Client(proxy.before(database).connection);
  client.on('error', () => undefined);
  await client.connect();
  const committed = async () => (await database.pool.query<{ n: number }>('SELECT n FROM couchdb_watermark')).rows;
  const move = (name: string) => client.query({ name, text: 'UPDATE couchdb_watermark SET n = n + 1' });

  await client.query('BEGIN');
  await move('the first time it is parsed');
  const seen: unknown[] = [];
  const before = proxy.once('commit', 'before', async () => void seen.push(await committed()));
  const after = proxy.once('commit', 'answered', async () => void seen.push(await committed()));
  await client.query('COMMIT');
  await Promise.all([before, after]);
  expect(seen).toEqual([[{ n: 0 }], [{ n: 1 }]]);

  const again = proxy.once('watermark', 'answered', (link) => link.cut('reset'));
  await expect(move('the first time it is parsed')).rejects.toThrow();
  await again;
  expect(await committed()).toEqual([{ n: 2 }]);
  await client.end();
});
