import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** How the way to a server is; it holds for what comes next, also on connections that stand. */
export interface Conditions {
  /** What becomes of a new connection: it is led on, reset at once, or accepted and then left without a byte. */
  readonly connect: 'pass' | 'reset' | 'hang';
  /** How much later each piece arrives. */
  readonly latencyMs: number;
  /** How much gets through in each direction of each connection. */
  readonly bytesPerSecond: number;
}

/** Sees the bytes of one connection; it hands on, now or later, what is to arrive. */
export interface LinkFilter {
  toServer(bytes: Buffer, forward: Forward): Promise<void>;
  toClient(bytes: Buffer, forward: Forward): Promise<void>;
}

/** Hands bytes on. */
export type Forward = (bytes: Buffer) => Promise<void>;

/** A connection that is led through the proxy. */
export interface Link {
  /** Cuts it: with a reset, or with an end as when the other side has closed it. */
  cut(how: 'reset' | 'end'): void;
  /** Half-open: whatever is sent vanishes, both ways, and neither side is ever told. */
  vanish(): void;
}

/** Where a proxy leads to. */
export interface TcpProxyOptions {
  readonly host: string;
  readonly port: number;
  /** Made for each connection. */
  readonly filter?: (link: Link) => LinkFilter;
}

const smooth: Conditions = { connect: 'pass', latencyMs: 0, bytesPerSecond: Infinity };
/** A slow link gives its bytes in pieces of this time. */
const tickMs = 20;

/** A TCP proxy before a server, whose connections break as a test wants it. */
export class TcpProxy implements AsyncDisposable {
  #conditions = smooth;
  readonly #links = new Set<ProxyLink>();
  /** Connections that were never led on. */
  readonly #stranded = new Set<Socket>();
  readonly #server: Server;
  /** How many connections have come so far. */
  connections = 0;

  private constructor(private readonly options: TcpProxyOptions) {
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(options: TcpProxyOptions): Promise<TcpProxy> {
    const proxy = new TcpProxy(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  readonly host = '127.0.0.1';

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Changes some conditions; the others stay. */
  set(some: Partial<Conditions>): void {
    this.#conditions = { ...this.#conditions, ...some };
  }

  /** From now on all is well; what has been lost stays lost. */
  heal(): void {
    this.#conditions = smooth;
  }

  /** Cuts all connections. */
  cut(how: 'reset' | 'end'): void {
    for (const link of this.#links) link.cut(how);
  }

  /** All connections are half-open from now on. */
  vanish(): void {
    for (const link of this.#links) link.vanish();
  }

  /** The server notices that the clients of half-open connections have gone. */
  forgetVanished(): void {
    for (const link of this.#links) link.forget();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#stranded) socket.destroy();
    for (const link of this.#links) link.destroy();
    await closed;
  }

  #accept(client: Socket): void {
    this.connections += 1;
    client.on('error', () => undefined);
    if (this.#conditions.connect !== 'pass') {
      if (this.#conditions.connect === 'reset') client.resetAndDestroy();
      else this.#strand(client);
      return;
    }
    const link = new ProxyLink(client, this.options, () => this.#conditions);
    this.#links.add(link);
    void link.closed.then(() => this.#links.delete(link));
  }

  #strand(client: Socket): void {
    this.#stranded.add(client);
    client.resume();
    client.once('end', () => client.destroy());
    client.once('close', () => this.#stranded.delete(client));
  }
}

class ProxyLink implements Link {
  readonly #server: Socket;
  readonly closed: Promise<unknown>;
  #vanished = false;
  #over = false;

  constructor(
    private readonly client: Socket,
    { host, port, filter }: TcpProxyOptions,
    private readonly conditions: () => Conditions,
  ) {
    this.#server = connect({ host, port, allowHalfOpen: true });
    this.#server.on('error', () => undefined);
    for (const socket of [client, this.#server]) socket.setNoDelay(true);
    const filtered = filter?.(this);
    this.closed = Promise.all([
      this.#pump(client, this.#server, filtered?.toServer.bind(filtered)),
      this.#pump(this.#server, client, filtered?.toClient.bind(filtered)),
    ]);
  }

  cut(how: 'reset' | 'end'): void {
    this.#over = true;
    for (const socket of [this.client, this.#server]) {
      if (how === 'reset') socket.resetAndDestroy();
      else socket.destroySoon();
    }
  }

  vanish(): void {
    this.#vanished = true;
  }

  forget(): void {
    if (this.#vanished) this.#server.destroy();
  }

  destroy(): void {
    this.client.destroy();
    this.#server.destroy();
  }

  async #pump(from: Socket, to: Socket, filter: LinkFilter['toServer'] | undefined): Promise<void> {
    const forward = async (bytes: Buffer) => {
      if (this.#vanished || to.destroyed) return;
      if (!to.write(bytes)) await Promise.race([once(to, 'drain'), once(to, 'close')]).catch(() => undefined);
    };
    try {
      for await (const bytes of from as AsyncIterable<Buffer>) {
        for await (const piece of this.#inTime(bytes)) {
          if (this.#vanished) continue;
          await (filter === undefined ? forward(piece) : filter(piece, forward));
        }
      }
      if (!this.#vanished) to.end();
    } catch {
      // It was cut on one side; the other side is cut, too, unless nobody is told.
      if (!this.#vanished && !this.#over) to.resetAndDestroy();
    }
  }

  /** The bytes when they have come through. */
  async *#inTime(bytes: Buffer): AsyncGenerator<Buffer> {
    const { latencyMs } = this.conditions();
    if (latencyMs > 0) await delay(latencyMs);
    let rest = bytes;
    while (rest.length > 0) {
      const { bytesPerSecond } = this.conditions();
      const piece = Number.isFinite(bytesPerSecond) ? Math.ceil((bytesPerSecond * tickMs) / 1000) : rest.length;
      if (piece < rest.length) await delay(tickMs);
      yield rest.subarray(0, piece);
      rest = rest.subarray(piece);
    }
  }
}
