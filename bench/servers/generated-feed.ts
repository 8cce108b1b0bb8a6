import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';

/** What a generated database holds. */
export interface GeneratedFeedOptions {
  readonly documents: number;
  /** The size of a document's body; 0 makes tombstones. */
  readonly bytes: number;
}

/** A database that exists only as the answers about it. */
export interface GeneratedFeed extends AsyncDisposable {
  readonly url: string;
  readonly database: string;
  /** Adds changes: new revisions of the first documents, over and over. */
  edit(count: number): void;
}

/** Enough rows for one write of small documents. */
const rowsAtOnce = 64;
const database = 'generated';
const heartbeatMs = 5_000;

/**
 * Serves the changes feed of a database whose documents are made while they are sent, so that a feed of 16 GB takes no
 * memory and no disk, and as compressed as a proxy in front of CouchDB makes it. It knows only what a sync asks for, and is
 * no measure of a real server's pace.
 */
export async function startGeneratedFeed({ documents, bytes }: GeneratedFeedOptions): Promise<GeneratedFeed> {
  let changes = documents;
  const waiting = new Set<() => void>();
  const body = bodyOf(bytes);
  const bodyGzip = gzipSync(body);
  const idOf = (n: number) => `document-${String((n - 1) % documents).padStart(9, '0')}`;

  /** The bytes of the rows behind `since`, in pieces; a body is one of its own, always the same buffer. */
  function* rows(since: number, upTo: number, separator: string): Generator<string | typeof bodyMark> {
    let piece = '';
    for (let n = since + 1; n <= upTo; n += 1) {
      const id = idOf(n);
      const rev = `${1 + Math.floor((n - 1) / documents)}-${n.toString(16).padStart(32, '0')}`;
      const flags = bytes === 0 ? ['"deleted":true,', ',"_deleted":true'] : ['', ''];
      piece += `{"seq":"${n}-g","id":"${id}","changes":[{"rev":"${rev}"}],${flags[0]}"doc":{"_id":"${id}","_rev":"${rev}"${flags[1]}`;
      if (bytes > 0) {
        yield piece;
        yield bodyMark;
        piece = '';
      }
      piece += `}}${n === upTo && separator !== '\n' ? '\n' : separator}`;
      if (n % rowsAtOnce === 0) {
        yield piece;
        piece = '';
      }
    }
    yield piece;
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://feed');
    const json = (value: object) => {
      response.setHeader('content-type', 'application/json');
      response.setHeader('set-cookie', 'AuthSession=anybody; Path=/');
      response.end(JSON.stringify(value));
    };
    request.resume();
    if (pathname === '/_session') {
      json({ ok: true });
      return;
    }
    if (pathname === `/${database}`) {
      const counts =
        bytes === 0 ? { doc_count: 0, doc_del_count: documents } : { doc_count: documents, doc_del_count: 0 };
      json({
        db_name: database,
        update_seq: `${changes}-g`,
        purge_seq: '0',
        ...counts,
        instance_start_time: '1',
      });
      return;
    }
    if (pathname !== `/${database}/_changes`) {
      response.statusCode = 404;
      json({ error: 'not_found', reason: pathname });
      return;
    }
    const since = Number.parseInt(query.get('since') ?? '0', 10);
    response.setHeader('content-type', 'application/json');
    if (query.get('feed') !== 'normal') return follow(since, response);
    const isGzip = String(request.headers['accept-encoding']).includes('gzip');
    if (isGzip) response.setHeader('content-encoding', 'gzip');
    const upTo = Math.min(changes, since + Number(query.get('limit') ?? Infinity));
    await pipeline(Readable.from(encoded(page(since, upTo), isGzip), { objectMode: true, highWaterMark: 1 }), response);
  }

  function* page(since: number, upTo: number): Generator<string | typeof bodyMark> {
    yield '{"results":[\n';
    yield* rows(since, upTo, ',\n');
    yield `],\n"last_seq":"${upTo}-g","pending":${changes - upTo}}\n`;
  }

  /** Gzip files may be put one behind the other: a body need be compressed once only. */
  function* encoded(pieces: Iterable<string | typeof bodyMark>, isGzip: boolean): Generator<Buffer> {
    for (const piece of pieces) {
      if (piece === bodyMark) yield isGzip ? bodyGzip : body;
      else if (piece !== '') yield isGzip ? gzipSync(piece, { level: 1 }) : Buffer.from(piece);
    }
  }

  async function follow(since: number, response: ServerResponse): Promise<void> {
    let sent = since;
    let wake: () => void = () => undefined;
    const wakeUp = () => wake();
    waiting.add(wakeUp);
    response.once('close', wakeUp);
    const beat = setInterval(() => {
      response.write('\n');
    }, heartbeatMs);
    response.write('\n');
    while (!response.destroyed) {
      for (const piece of encoded(rows(sent, changes, '\n'), false)) response.write(piece);
      sent = changes;
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
      changes += count;
      for (const wake of [...waiting]) wake();
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const bodyMark = Symbol('body');

/** Members of a document, of words that compress well, so that PostgreSQL need not store all of them. */
function bodyOf(bytes: number): Buffer {
  const sentence = 'The health worker visited the household and found everybody well on this day. ';
  const text = sentence.repeat(Math.ceil(bytes / sentence.length)).slice(0, Math.max(0, bytes));
  return Buffer.from(`,"type":"data_record","form":"visit","fields":{"note":"${text}"}`);
}
