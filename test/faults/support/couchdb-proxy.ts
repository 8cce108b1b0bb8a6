import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestCouchDb } from '../../support/couchdb.js';
import { TcpProxy } from './tcp-proxy.js';

/** What goes wrong with a request. `afterBytes` counts bytes of the body as they are sent. */
export type HttpEffect =
  /** CouchDB does not hear of it; it is answered with a status, as CouchDB or as a proxy before it would. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds?: number }
  /** It is answered so late. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** No more bytes come, and the connection stays open; with 0 not even a header. */
  | { readonly kind: 'hang'; readonly afterBytes: number }
  /** The body ends too early: as though it were whole, with the connection, or with a reset of it. */
  | { readonly kind: 'cut'; readonly afterBytes: number; readonly how: 'whole' | 'end' | 'reset' }
  /** So slow that it is nearly a hang. */
  | { readonly kind: 'trickle'; readonly bytesPerSecond: number }
  /** Something of the test's is done first, when so much of the body has been sent; with 0 before CouchDB is asked. */
  | { readonly kind: 'call'; readonly afterBytes: number; readonly act: () => void | Promise<void> };

/** Something that goes wrong with some of the next requests. */
export interface HttpFault {
  /** For the path with its query. */
  readonly path: RegExp;
  readonly method?: string;
  /** How many requests pass before, and how many it strikes; one if missing. */
  readonly skip?: number;
  readonly times?: number;
  readonly effect: HttpEffect;
}

interface ActiveFault {
  readonly fault: HttpFault;
  skip: number;
  times: number;
}

/** A proxy before CouchDB: faults of HTTP by request, and before it one for those of the connections. */
export class CouchDbProxy implements AsyncDisposable {
  #faults: readonly ActiveFault[] = [];
  /** How many requests have been struck. */
  struck = 0;

  private constructor(
    readonly tcp: TcpProxy,
    private readonly server: Server,
    private readonly agent: Agent,
  ) {}

  static async start({ url }: Pick<TestCouchDb, 'url'>): Promise<CouchDbProxy> {
    const agent = new Agent({ keepAlive: true });
    const server = createServer((incoming, outgoing) => void proxy.#answer(new URL(url), incoming, outgoing));
    server.keepAliveTimeout = 0;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const proxy: CouchDbProxy = new CouchDbProxy(await TcpProxy.start({ host: '127.0.0.1', port }), server, agent);
    return proxy;
  }

  /** The server as it is reached through the proxy. */
  before(couchdb: TestCouchDb): TestCouchDb {
    return { ...couchdb, url: `http://${this.tcp.host}:${this.tcp.port}` };
  }

  /** Has requests go wrong, besides those that do already; of several that fit the first counts. */
  fail(...faults: HttpFault[]): void {
    const added = faults.map((fault) => ({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 }));
    this.#faults = [...this.#faults, ...added];
  }

  /** From now on all is well. */
  heal(): void {
    this.#faults = [];
    this.tcp.heal();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tcp[Symbol.asyncDispose]();
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    this.agent.destroy();
    await closed;
  }

  #strike(method: string, path: string): HttpEffect | undefined {
    for (const active of this.#faults) {
      const { fault } = active;
      if (active.times === 0 || !fault.path.test(path) || (fault.method ?? method) !== method) continue;
      if (active.skip > 0) {
        active.skip -= 1;
        continue;
      }
      active.times -= 1;
      this.struck += 1;
      return fault.effect;
    }
    return undefined;
  }

  async #answer(url: URL, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const effect = this.#strike(incoming.method ?? 'GET', incoming.url ?? '/');
    // The connection may break at any moment; that is no error of the proxy's.
    outgoing.on('error', () => undefined);
    incoming.on('error', () => undefined);
    if (effect?.kind === 'status') {
      answerStatus(outgoing, effect);
      return;
    }
    if (effect?.kind === 'hang' && effect.afterBytes === 0) return;
    if (effect?.kind === 'delay') await delay(effect.ms);
    if (effect?.kind === 'call' && effect.afterBytes === 0) await effect.act();
    const asked = request({
      ...{ host: url.hostname, port: url.port, method: incoming.method, path: incoming.url, headers: incoming.headers },
      agent: this.agent,
    });
    // A client that has gone asks for nothing any more.
    outgoing.once('close', () => asked.destroy());
    try {
      incoming.pipe(asked);
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      outgoing.flushHeaders();
      await passBody(answer, outgoing, effect);
    } catch {
      outgoing.destroy();
    }
  }
}

function answerStatus(outgoing: ServerResponse, { status, retryAfterSeconds }: HttpEffect & { kind: 'status' }): void {
  const header = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  outgoing.writeHead(status, { 'content-type': 'application/json', ...header });
  outgoing.end(JSON.stringify({ error: 'test', reason: 'a fault of the test' }));
}

async function passBody(answer: IncomingMessage, outgoing: ServerResponse, effect: HttpEffect | undefined) {
  let left = effect !== undefined && 'afterBytes' in effect ? effect.afterBytes : Infinity;
  if (effect?.kind === 'call' && left === 0) left = Infinity;
  const send = async (bytes: Buffer) => {
    if (bytes.length > 0 && !outgoing.write(bytes))
      await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')]);
  };
  for await (const bytes of answer as AsyncIterable<Buffer>) {
    if (effect?.kind === 'trickle') {
      for (const byte of bytes) {
        await send(Buffer.of(byte));
        await delay(1000 / effect.bytesPerSecond);
        if (outgoing.destroyed) return;
      }
    } else if (bytes.length < left) {
      left -= bytes.length;
      await send(bytes);
    } else {
      await send(bytes.subarray(0, left));
      if (effect?.kind === 'hang') await once(outgoing, 'close');
      if (effect?.kind === 'cut') {
        cutOff(answer, outgoing, effect.how);
        return;
      }
      if (effect?.kind === 'call') await effect.act();
      await send(bytes.subarray(left));
      left = Infinity;
    }
  }
  outgoing.end();
}

function cutOff(answer: IncomingMessage, outgoing: ServerResponse, how: 'whole' | 'end' | 'reset'): void {
  answer.destroy();
  if (how === 'whole') outgoing.end();
  else if (how === 'reset') outgoing.socket?.resetAndDestroy();
  else outgoing.socket?.destroySoon();
}
