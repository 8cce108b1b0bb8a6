import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, createGzip, type Gzip } from 'node:zlib';
import type { Effect } from '../awkwardness.js';

/** How answers are sent. */
export interface OutputOptions {
  /** Whether to compress for clients that accept gzip. */
  readonly gzip: boolean;
  /** What is to go wrong on the way. */
  readonly effect: Effect | undefined;
}

/** The answer was broken off, by the client or on purpose: there is nobody left to tell. */
export class BrokenOff extends Error {
  override readonly name = 'BrokenOff';
}

/** The body of an answer on its way, no faster than the client takes it. */
export class Output {
  readonly #gzip: Gzip | undefined;
  #sent = 0;

  constructor(
    request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly closed: AbortSignal,
    private readonly options: OutputOptions & {
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly length: number | undefined;
    },
  ) {
    const { status, headers, length, gzip } = options;
    const bodiless = request.method === 'HEAD' || status === 304;
    const zipped = gzip && !bodiless && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    const known = length !== undefined && !zipped && this.#breaksAt === undefined;
    if (options.effect?.kind === 'hang' && options.effect.afterBytes === 0) return;
    response.writeHead(status, {
      ...headers,
      ...(zipped ? { 'Content-Encoding': 'gzip' } : {}),
      ...(known && status !== 304 ? { 'Content-Length': String(length) } : {}),
    });
    // A feed's headers go out before its first row.
    if (length === undefined) response.flushHeaders();
    if (zipped) {
      this.#gzip = createGzip();
      this.#gzip.pipe(response);
    }
  }

  /** Sends a piece; resolves when there is room for more. */
  async write(piece: string | Buffer): Promise<void> {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    const room = (this.#breaksAt ?? Infinity) - this.#sent;
    if (bytes.length < room) return this.#send(bytes);
    await this.#send(bytes.subarray(0, room));
    await this.#break();
  }

  /** Sends what compression still holds back. */
  async flush(): Promise<void> {
    const gzip = this.#gzip;
    if (gzip === undefined) return;
    await new Promise<void>((resolve) => gzip.flush(constants.Z_SYNC_FLUSH, resolve));
  }

  /** Sends the end. */
  async end(): Promise<void> {
    if (this.#breaksAt !== undefined) await this.#break();
    const target = this.#gzip ?? this.response;
    target.end();
    if (!this.closed.aborted && !this.response.writableFinished) await this.#event(this.response, 'finish');
  }

  get #breaksAt(): number | undefined {
    const { effect } = this.options;
    return effect !== undefined && 'afterBytes' in effect ? effect.afterBytes : undefined;
  }

  async #send(bytes: Buffer): Promise<void> {
    if (this.closed.aborted) throw new BrokenOff();
    if (bytes.length === 0) return;
    this.#sent += bytes.length;
    const target = this.#gzip ?? this.response;
    if (!target.write(bytes)) await this.#event(target, 'drain');
  }

  async #event(target: NodeJS.EventEmitter, name: string): Promise<void> {
    try {
      await once(target, name, { signal: this.closed });
    } catch {
      if (!this.response.writableFinished) throw new BrokenOff();
    }
  }

  /** Lets go wrong what is to go wrong. */
  async #break(): Promise<never> {
    const { effect } = this.options;
    await this.flush();
    if (effect?.kind === 'cut' && effect.terminated) this.response.end();
    else if (effect?.kind === 'cut') await this.#afterFlush(() => this.response.socket?.destroySoon());
    else if (effect?.kind === 'reset') await this.#afterFlush(() => this.response.socket?.resetAndDestroy());
    if (!this.closed.aborted) await once(this.closed, 'abort').catch(() => undefined);
    throw new BrokenOff();
  }

  /** A moment later, so that what was sent goes out first. */
  async #afterFlush(then: () => void): Promise<void> {
    if (!this.response.headersSent) this.response.flushHeaders();
    await new Promise((resolve) => setImmediate(resolve));
    then();
  }
}
