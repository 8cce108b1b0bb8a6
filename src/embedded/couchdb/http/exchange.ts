import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { badRequest, CouchError } from '../couch-error.js';
import { jsonBody, type JsonBody } from '../json/body.js';
import { Output, type OutputOptions } from './output.js';

/** One request and its answer. */
export class Exchange {
  readonly method: string;
  /** The path's parts, decoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** Headers that go with the answer, whatever it is. */
  readonly headers: Record<string, string> = {};
  readonly #closed = new AbortController();

  /** @throws CouchError 400 when the path is not UTF-8 with `%` escapes. */
  constructor(
    readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly options: OutputOptions & { readonly maxRequestBytes: number },
  ) {
    this.method = request.method ?? 'GET';
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    this.path = decodedPath(mark === -1 ? url : url.slice(0, mark));
    this.query = new URLSearchParams(mark === -1 ? '' : url.slice(mark));
    response.once('close', () => this.#closed.abort());
  }

  /** Aborts when the answer is finished or the client has gone. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** @throws CouchError 413 when it is larger than the server takes. */
  async bytes(): Promise<Buffer> {
    let chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of this.request as AsyncIterable<Buffer>) {
      length += chunk.length;
      // What is too much is still read, since who is sending does not look for an answer before.
      if (length > this.options.maxRequestBytes) chunks = [];
      else chunks.push(chunk);
    }
    if (length > this.options.maxRequestBytes) throw tooLarge();
    const bytes = Buffer.concat(chunks);
    return this.request.headers['content-encoding'] === 'gzip' ? this.#unzip(bytes) : bytes;
  }

  /** @throws CouchError 400 when the body is not JSON. */
  async json(): Promise<JsonBody> {
    return jsonBody(await this.bytes());
  }

  /** Answers with a value as JSON. */
  async reply(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.replyText(status, `${JSON.stringify(value)}\n`, headers);
  }

  /** Answers with JSON text. */
  async replyText(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.replyBytes(status, Buffer.from(text), { 'Content-Type': 'application/json', ...headers });
  }

  /** Answers with any bytes. */
  async replyBytes(status: number, bytes: Buffer, headers: Readonly<Record<string, string>>): Promise<void> {
    const output = this.#output(status, headers, bytes.length);
    await output.write(bytes);
    await output.end();
  }

  /** Begins an answer of unknown length. */
  stream(status: number, headers: Readonly<Record<string, string>> = {}): Output {
    return this.#output(status, { 'Content-Type': 'application/json', ...headers }, undefined);
  }

  /** Whether part of the answer is already under way. */
  get begun(): boolean {
    return this.response.headersSent;
  }

  /** Ends the connection as it is. */
  destroy(): void {
    this.response.destroy();
  }

  #output(status: number, headers: Readonly<Record<string, string>>, length: number | undefined): Output {
    return new Output(this.request, this.response, this.closed, {
      ...this.options,
      status,
      headers: { 'Cache-Control': 'must-revalidate', ...this.headers, ...headers },
      length,
    });
  }

  #unzip(bytes: Buffer): Buffer {
    try {
      return gunzipSync(bytes, { maxOutputLength: this.options.maxRequestBytes });
    } catch {
      throw badRequest('The request body is not gzip');
    }
  }
}

function tooLarge(): CouchError {
  return new CouchError(413, 'too_large', 'the request entity is too large');
}

function decodedPath(path: string): string[] {
  try {
    return path
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
  } catch {
    throw badRequest('The path is not valid UTF-8');
  }
}
