import type { TestDatabase } from '../../support/database.js';
import { FrontendMessages, type FrontendMessage, type Moment, type Step } from './postgres-messages.js';
import { TcpProxy, type Forward, type Link, type LinkFilter } from './tcp-proxy.js';

const stepComesWithinMs = 60_000;

/** What is to happen once, at a step of a transaction. */
interface Watch {
  readonly step: Step;
  readonly moment: Moment;
  readonly act: (link: Link) => void | Promise<void>;
  readonly done: () => void;
}

/** A proxy before PostgreSQL that knows what is asked through it. It reads plain text: no TLS. */
export class PostgresProxy implements AsyncDisposable {
  #watches: readonly Watch[] = [];

  private constructor(readonly tcp: TcpProxy) {}

  static async start({ connection }: Pick<TestDatabase, 'connection'>): Promise<PostgresProxy> {
    const filter = (link: Link): LinkFilter => new StepFilter(link, (step, moment) => proxy.#take(step, moment));
    const { host, port } = connection;
    const proxy: PostgresProxy = new PostgresProxy(await TcpProxy.start({ host, port, filter }));
    return proxy;
  }

  /** The database as it is reached through the proxy; its pool goes past it. */
  before(database: TestDatabase): TestDatabase {
    const { host, port } = this.tcp;
    return { ...database, connection: { ...database.connection, host, port } };
  }

  /** Does something the next time that a step comes to a moment, if it does; the connection goes on after it. */
  onNext(step: Step, moment: Moment, act: Watch['act'], done: Watch['done'] = () => undefined): void {
    this.#watches = [...this.#watches, { step, moment, act, done }];
  }

  /**
   * The same, of a step that must come: resolves when it was done; fails when it has not come for a minute, as when a
   * statement is not recognised any more.
   */
  once(step: Step, moment: Moment, act: Watch['act']): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new Error(`the step '${step}' ('${moment}') has not come for a minute`));
      }, stepComesWithinMs).unref();
      this.onNext(step, moment, act, () => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  /** Forgets what has not happened yet. */
  forget(): void {
    this.#watches = [];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.tcp[Symbol.asyncDispose]();
  }

  #take(step: Step, moment: Moment): Watch | undefined {
    const watch = this.#watches.find((one) => one.step === step && one.moment === moment);
    this.#watches = this.#watches.filter((one) => one !== watch);
    return watch;
  }
}

class StepFilter implements LinkFilter {
  readonly #messages = new FrontendMessages();
  #answerWatch: Watch | undefined;

  constructor(
    private readonly link: Link,
    private readonly take: (step: Step, moment: Moment) => Watch | undefined,
  ) {}

  async toServer(bytes: Buffer, forward: Forward): Promise<void> {
    for (const message of this.#messages.push(bytes)) await this.#send(message, forward);
  }

  async toClient(bytes: Buffer, forward: Forward): Promise<void> {
    const watch = this.#answerWatch;
    this.#answerWatch = undefined;
    await this.#act(watch);
    await forward(bytes);
  }

  async #send({ step, bytes }: FrontendMessage, forward: Forward): Promise<void> {
    if (step === undefined) return forward(bytes);
    await this.#act(this.take(step, 'before'));
    const middle = this.take(step, 'middle');
    const half = Math.floor(bytes.length / 2);
    this.#answerWatch ??= this.take(step, 'answered');
    await forward(bytes.subarray(0, half));
    await this.#act(middle);
    await forward(bytes.subarray(half));
  }

  async #act(watch: Watch | undefined): Promise<void> {
    await watch?.act(this.link);
    watch?.done();
  }
}
