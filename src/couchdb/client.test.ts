import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { CouchDbClient } from './client.js';

const megabyte = 1_000_000;

/** Sends pieces, small and large in turn, for as long as it may. */
function send(response: ServerResponse, upTo: number): void {
  response.setHeader('content-encoding', 'gzip');
  const pieces = [gzipSync('{}'), gzipSync(randomBytes(24_000))];
  let n = 0;
  const fill = () => {
    while (!response.destroyed) {
      if ((response.socket?.bytesWritten ?? 0) > upTo) return response.end();
      n += 1;
      if (!response.write(pieces[n % 2])) return response;
    }
    return response;
  };
  response.on('drain', fill);
  fill();
}

test(
  'a long compressed answer in small pieces is taken from the socket no faster than it is read',
  { timeout: 60_000 },
  async () => {
    let sent = () => 0;
    const server = createServer((_, response) => {
      sent = () => response.socket?.bytesWritten ?? 0;
      send(response, 200 * megabyte);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const client = new CouchDbClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    const { body } = await client.get({ path: '/' });
    let read = 0;
    let most = 0;
    for await (const chunk of body) {
      read += (chunk as Buffer).length;
      most = Math.max(most, sent() - read);
      if (read > 20 * megabyte) break;
      await sleep(1);
    }
    await client.close();
    server.closeAllConnections();
    server.close();
    // What the system holds of a connection is part of it.
    expect(most).toBeLessThan(16 * megabyte);
  },
);
