import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Pool } from 'undici';
import type { z } from 'zod';
import { classifyTransportError, invalidAnswer, statusError } from './couchdb-error.js';
import { Session, type Credentials } from './session.js';

/** How to reach a CouchDB server. */
export interface CouchDbOptions {
  /** Scheme, host and port, such as `https://couchdb.example.org:6984`; no credentials. */
  readonly url: string;
  readonly credentials?: Credentials;
  /** Certificates of the authorities to trust instead of the well-known ones, in PEM. */
  readonly ca?: string;
  /** What to show to a server that asks who comes, in PEM. */
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** How long an answer may take to begin and may pause, in milliseconds; a minute if missing. */
  readonly answerTimeoutMs?: number;
}

/** What is asked of CouchDB. */
export interface CouchDbRequest {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  /** A question too long for an address: sent as JSON, by POST. */
  readonly json?: unknown;
  readonly signal?: AbortSignal;
  /** Whether the answer may come compressed. Off for live feeds: a proxy that compresses holds small rows back. */
  readonly gzip?: boolean;
  /** How long this answer may take to begin and may pause, if not as long as any other, in milliseconds. */
  readonly idleTimeoutMs?: number;
}

/** An answer with status 200 whose body is still to be read. */
export interface CouchDbResponse {
  readonly contentType: string;
  readonly body: Readable;
}

const defaultAnswerTimeoutMs = 60_000;
const unauthorized = 401;

/** Speaks HTTP to one CouchDB server, signed in by a session cookie. */
export class CouchDbClient {
  readonly #pool: Pool;
  readonly #session: Session | undefined;
  readonly #answerTimeoutMs: number;

  constructor(private readonly options: CouchDbOptions) {
    this.#pool = new Pool(options.url, {
      // A source's feed occupies one connection; signing in and reading a document need another.
      connections: null,
      connect: { timeout: 10_000, ...(options.ca === undefined ? {} : { ca: options.ca }), ...options.certificate },
    });
    this.#answerTimeoutMs = options.answerTimeoutMs ?? defaultAnswerTimeoutMs;
    const { url, credentials } = options;
    this.#session = credentials && new Session(this.#pool, url, credentials, this.#answerTimeoutMs);
  }

  /** Scheme, host and port, for messages. */
  get url(): string {
    return this.options.url;
  }

  /**
   * Asks, and gives the answer once its status is known to be 200. An expired session is renewed once.
   *
   * @throws SyncError COUCHDB_*.
   */
  async get(request: CouchDbRequest): Promise<CouchDbResponse> {
    const first = await this.#send(request);
    if (first.statusCode !== unauthorized || this.#session === undefined) return this.#checked(request, first);
    await first.body.dump();
    this.#session.expire();
    return this.#checked(request, await this.#send(request));
  }

  /**
   * Asks for a JSON answer and checks its form.
   *
   * @throws SyncError COUCHDB_*.
   */
  async getJson<T>(request: CouchDbRequest, schema: z.ZodType<T>): Promise<T> {
    const { body } = await this.get(request);
    const text = (await this.#readAll(request, body)).toString('utf8');
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      throw invalidAnswer(this.#address(request), text);
    }
    const parsed = schema.safeParse(json);
    if (!parsed.success) throw invalidAnswer(this.#address(request), text);
    return parsed.data;
  }

  /** Reads a whole body as bytes. */
  async getBytes(request: CouchDbRequest): Promise<Buffer> {
    const { body } = await this.get(request);
    return this.#readAll(request, body);
  }

  /** Closes all connections, also those in use. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #send(request: CouchDbRequest): Promise<Awaited<ReturnType<Pool['request']>>> {
    const idleTimeoutMs = request.idleTimeoutMs ?? this.#answerTimeoutMs;
    try {
      const cookie = await this.#session?.cookie(request.signal);
      const { json } = request;
      const answer = await this.#pool.request({
        path: pathOf(request),
        ...(json === undefined ? { method: 'GET' } : { method: 'POST', body: JSON.stringify(json) }),
        headers: {
          accept: 'application/json',
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          'accept-encoding': request.gzip === false ? 'identity' : 'gzip',
          ...(cookie === undefined ? {} : { cookie }),
        },
        // A connection that the other side has forgotten (half-open TCP) shows by its silence.
        headersTimeout: idleTimeoutMs,
        bodyTimeout: idleTimeoutMs,
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      });
      this.#session?.renew(answer.headers['set-cookie']);
      return answer;
    } catch (error) {
      throw classifyTransportError(error, this.#address(request));
    }
  }

  async #checked(
    request: CouchDbRequest,
    { statusCode, headers, body }: Awaited<ReturnType<Pool['request']>>,
  ): Promise<CouchDbResponse> {
    const decoded = headers['content-encoding'] === 'gzip' ? gunzip(body) : body;
    if (statusCode !== 200) {
      const text = await this.#readAll(request, decoded).catch(() => Buffer.alloc(0));
      throw statusError(this.#address(request), { statusCode, headers }, text.toString('utf8'));
    }
    const contentType = String(headers['content-type'] ?? '');
    if (/html/i.test(contentType)) {
      const text = (await this.#readAll(request, decoded)).toString('utf8');
      throw invalidAnswer(this.#address(request), text);
    }
    return { contentType, body: decoded };
  }

  async #readAll(request: CouchDbRequest, body: Readable): Promise<Buffer> {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    } catch (error) {
      throw classifyTransportError(error, this.#address(request));
    }
  }

  #address(request: CouchDbRequest): string {
    return `${this.options.url}${request.path}`;
  }
}

/** Ends and fails together with what it decompresses. */
function gunzip(body: Readable): Readable {
  // Whoever reads the result is told of an error there.
  return pipeline(allThereIs(body), createGunzip(), () => undefined);
}

/**
 * Reads all that has come at once, time and again. Read piece by piece, as by a pipe, undici takes more from the socket than
 * it gives for each piece, and of a long answer in small pieces all that CouchDB is fast enough to send is in memory.
 */
async function* allThereIs(body: Readable): AsyncGenerator<Buffer> {
  for await (const bytes of body) yield bytes as Buffer;
}

function pathOf({ path, query }: CouchDbRequest): string {
  if (query === undefined) return path;
  const parameters = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return `${path}?${parameters.join('&')}`;
}
