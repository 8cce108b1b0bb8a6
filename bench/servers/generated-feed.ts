import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { GeneratedDatabase, type GeneratedOptions, type Piece } from './generated-database.js';

/** A server with one database that exists only as the answers about it. */
export interface GeneratedFeed extends AsyncDisposable {
  readonly url: string;
  readonly database: string;
  /** Adds changes: new revisions of the first documents, over and over. */
  edit(count: number): void;
}

const database = 'generated';
const heartbeatMs = 5_000;

/**
 * Serves a database whose documents are made while they are sent, so that one of 16 GB takes no memory and no disk, as
 * compressed as a proxy in front of CouchDB would. It knows only what a sync asks for, lets everybody in, and is no measure
 * of a real server's pace.
 */
export async function startGeneratedFeed(options: GeneratedOptions): Promise<GeneratedFeed> {
  const generated = new GeneratedDatabase(options);
  const waiting = new Set<() => void>();
  const bodyGzip = gzipSync(generated.body);

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://feed');
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.setHeader('set-cookie', 'AuthSession=anybody; Path=/');
    const pieces = piecesOf(pathname, query);
    if (pieces === 'follow') {
      await follow(Number.parseInt(query.get('since') ?? '0', 10), response);
      return;
    }
    const isGzip = String(request.headers['accept-encoding']).includes('gzip');
    if (isGzip) response.setHeader('content-encoding', 'gzip');
    if (pieces === undefined) response.statusCode = 404;
    const encoded = encode(pieces ?? ['{"error":"not_found","reason":"missing"}'], isGzip);
    await pipeline(Readable.from(encoded, { highWaterMark: 1 }), response);
  }

  function piecesOf(path: string, query: URLSearchParams): Iterable<Piece> | 'follow' | undefined {
    switch (path) {
      case '/_session':
        return ['{"ok":true}'];
      case `/${database}`:
        return [JSON.stringify({ db_name: database, ...generated.info() })];
      case `/${database}/_changes`:
        return query.get('feed') === 'continuous' ? 'follow' : generated.changes(query);
      case `/${database}/_all_docs`:
        return generated.allDocs(query);
      default:
        return undefined;
    }
  }

  /** Gzip files may be put one behind the other: a body need be compressed once only. */
  function* encode(pieces: Iterable<Piece>, isGzip: boolean): Generator<Buffer> {
    for (const piece of pieces) {
      if (typeof piece === 'symbol') yield isGzip ? bodyGzip : generated.body;
      else if (piece !== '') yield isGzip ? gzipSync(piece, { level: 1 }) : Buffer.from(piece);
    }
  }

  async function follow(since: number, response: ServerResponse): Promise<void> {
    let sent = since;
    let wake: () => void = () => undefined;
    const wakeUp = () => wake();
    waiting.add(wakeUp);
    response.once('close', wakeUp);
    const beat = setInterval(() => response.write('\n'), heartbeatMs);
    response.write('\n');
    while (!response.destroyed) {
      const upTo = generated.sequence;
      for (const piece of encode(generated.rows(sent, upTo, '\n'), false)) response.write(piece);
      sent = upTo;
      await new Promise<void>((resolve) => (wake = resolve));
    }
    clearInterval(beat);
    waiting.delete(wakeUp);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    database,
    edit: (count) => {
      generated.edit(count);
      for (const wake of [...waiting]) wake();
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
