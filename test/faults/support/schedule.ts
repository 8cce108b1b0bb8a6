import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from '../../support/command.js';
import type { HttpEffect } from './couchdb-proxy.js';
import { provoke } from '../../support/provoke.js';
import { Editor } from './editor.js';
import { transactionPoints } from './postgres-messages.js';
import { Random } from './random.js';
import { Scene, type Instance, type SceneOptions } from './scene.js';
import { WatermarkReader } from './watermark-reader.js';

/** What a schedule does besides its edits, each at a moment that is drawn. */
type Act = readonly [name: string, act: () => void | Promise<void>];

const mostProcesses = 2;
const paths = [/_session/, /^\/[^/_]+$/, /feed=normal/, /feed=continuous/, /./];

/**
 * A random run of edits, faults, kills and competing instances. The seed decides what is done in which order; how it falls
 * together with what couch2pg does is up to the machine.
 */
export class Schedule {
  readonly #random: Random;
  readonly #editor: Editor;
  readonly #instances: Instance[] = [];
  readonly #processes: Command[] = [];
  /** What was done, for the message of a failure. */
  readonly done: string[] = [];
  /** The databases of which there is an older copy. */
  readonly #copied = new Set<string>();
  /** Whether a database is not what it was; a process looks for that when it starts, and then once a minute. */
  #upheaval = false;

  private constructor(
    private readonly scene: Scene,
    seed: number,
    private readonly kills: boolean,
  ) {
    this.#random = new Random(seed);
    this.#editor = new Editor(scene, this.#random);
  }

  /**
   * Runs a schedule, lets everything catch up, and checks what must hold in the end.
   *
   * @param kills - with real processes, which are killed.
   */
  static async run(seed: number, kills: boolean, options: SceneOptions): Promise<void> {
    await using scene = await Scene.open({ ...options, sources: 1 + (seed % 2) });
    await using reader = new WatermarkReader(scene.database, 5);
    const schedule = new Schedule(scene, seed, kills);
    try {
      await schedule.#play();
      scene.heal();
      scene.postgresProxy.tcp.forgetVanished();
      await schedule.#someone();
      await reader.hasSeen(await scene.caughtUp({ remains: schedule.#upheaval }));
    } catch (error) {
      throw new Error(`FAULT_SEED=${seed}: ${schedule.done.join(', ')}\n${schedule.#log()}`, { cause: error });
    }
  }

  async #play(): Promise<void> {
    const length = this.#random.integer(8, 20);
    for (let n = 0; n < length; n += 1) {
      if (this.#random.chance(0.5)) this.done.push(await this.#editor.edit());
      else await this.#act();
      if (this.#random.chance(0.4)) await delay(this.#random.integer(0, 60));
    }
  }

  async #act(): Promise<void> {
    const [name, act] = this.#random.pick([
      ...this.#faults,
      ...this.#upheavals,
      ...(this.kills ? this.#ofProcesses : this.#ofInstances),
    ]);
    this.done.push(name);
    await act();
  }

  readonly #faults: readonly Act[] = [
    ['an answer of CouchDB goes wrong', () => this.#failRequests()],
    ['CouchDB resets', () => this.scene.couchdbProxy.tcp.cut('reset')],
    ['CouchDB is half-open', () => this.scene.couchdbProxy.tcp.vanish()],
    ['CouchDB is slow', () => this.scene.couchdbProxy.tcp.set({ latencyMs: this.#random.integer(0, 20) })],
    ['PostgreSQL cuts', () => this.scene.postgresProxy.tcp.cut(this.#random.pick(['reset', 'end']))],
    ['PostgreSQL cuts at a step', () => this.#cutAtStep()],
    ['PostgreSQL ends sessions', () => this.#terminate()],
    ['PostgreSQL is slow', () => this.scene.postgresProxy.tcp.set({ latencyMs: this.#random.integer(0, 10) })],
    ['PostgreSQL refuses', () => this.#refuseConnections()],
    ['all is well', () => this.scene.heal()],
  ];

  /** What an operator does to a database under the feet of whoever follows it. */
  readonly #upheavals: readonly Act[] = [
    ['purge', () => this.#purge()],
    ['recreate', () => this.#recreate()],
    ['move shards', () => this.#provoke('move-shards')],
    ['copy or restore', () => this.#copyOrRestore()],
  ];

  readonly #ofInstances: readonly Act[] = [
    ['start', () => void this.#instances.push(this.#start())],
    ['start', () => void this.#instances.push(this.#start())],
    ['stop', async () => this.#instances.shift()?.[Symbol.asyncDispose]()],
    ['a lock is lost', () => this.#terminate('cht-sync couch2pg lock')],
    ['a lock is lost without notice', () => this.#loseLockUnnoticed()],
    ['a connection is half-open', () => this.#vanishAtStep()],
  ];

  readonly #ofProcesses: readonly Act[] = [
    ['start', () => this.#startProcess()],
    ['start', () => this.#startProcess()],
    ['kill', () => this.#kill()],
    ['kill at a step', () => this.#killAtStep()],
  ];

  #start(): Instance {
    return this.scene.start({
      batchRows: this.#random.pick([3, 20, 100]),
      liveFeed: this.#random.pick(['continuous', 'continuous', 'longpoll']),
      answerTimeoutMs: 800,
    });
  }

  /** Starts a process; a second one stands by. */
  #startProcess(): void {
    if (this.#processes.length >= mostProcesses) return;
    this.#processes.push(this.scene.command({ BATCH_SIZE: this.#random.pick(['3', '20', '100']) }));
  }

  async #purge(): Promise<void> {
    this.#upheaval = true;
    await this.#editor.purge();
  }

  async #recreate(): Promise<void> {
    this.#upheaval = true;
    await this.#random.pick(this.scene.sources).recreate();
  }

  async #copyOrRestore(): Promise<void> {
    const { name } = this.#random.pick(this.scene.sources);
    await this.#provoke(this.#copied.has(name) ? 'restore' : 'snapshot', name, 'copy');
    this.#copied.add(name);
  }

  async #provoke(what: string, name = this.#random.pick(this.scene.sources).name, ...more: string[]): Promise<void> {
    if (this.scene.couchdb.embedded === undefined) return;
    this.#upheaval = true;
    await provoke(this.scene.couchdb, what, name, ...more);
  }

  /** Sees to it that an instance runs in the end, and that it looks at its databases soon. */
  async #someone(): Promise<void> {
    if (this.#upheaval) await Promise.all(this.#processes.splice(0).map((process) => process.stop('SIGKILL')));
    if (this.#processes.length + this.#instances.length > 0) return;
    if (this.kills) this.#startProcess();
    else this.#instances.push(this.#start());
    await Promise.resolve();
  }

  #failRequests(): void {
    const afterBytes = this.#random.integer(0, 2_000);
    const effects: HttpEffect[] = [
      { kind: 'status', status: this.#random.pick(this.kills ? [429, 500, 503] : [401, 404, 413, 429, 500, 503]) },
      { kind: 'cut', afterBytes, how: this.#random.pick(this.kills ? ['end', 'reset'] : ['end', 'reset', 'whole']) },
      { kind: 'delay', ms: this.#random.integer(0, 100) },
      ...(this.kills ? [] : [{ kind: 'hang', afterBytes } as const]),
    ];
    this.scene.couchdbProxy.fail({
      path: this.#random.pick(paths),
      skip: this.#random.integer(0, 1),
      times: this.#random.integer(1, 2),
      effect: this.#random.pick(effects),
    });
  }

  #cutAtStep(): void {
    const { step, moment } = this.#random.pick(transactionPoints);
    const how = this.#random.pick(['reset', 'end'] as const);
    this.scene.postgresProxy.onNext(step, moment, (link) => link.cut(how));
  }

  #vanishAtStep(): void {
    const { step } = this.#random.pick(transactionPoints);
    this.scene.postgresProxy.onNext(step, 'before', (link) => link.vanish());
  }

  async #refuseConnections(): Promise<void> {
    this.scene.postgresProxy.tcp.set({ connect: 'reset' });
    this.scene.postgresProxy.tcp.cut('reset');
    await delay(this.#random.integer(0, 100));
    this.scene.postgresProxy.tcp.set({ connect: 'pass' });
  }

  async #terminate(application = 'cht-sync%'): Promise<void> {
    await this.scene.database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name LIKE $1`,
      [application],
    );
  }

  /** The next that takes a lock loses it soon after, and is not told. */
  #loseLockUnnoticed(): void {
    this.scene.postgresProxy.onNext('lock', 'answered', (link) => {
      setTimeout(() => {
        link.vanish();
        this.scene.postgresProxy.tcp.forgetVanished();
      }, 50);
    });
  }

  async #kill(): Promise<void> {
    // It takes half a second to come to anything.
    await delay(this.#random.integer(0, 900));
    await this.#processes.shift()?.stop('SIGKILL');
  }

  /** Kills all there are at a step of one of them. */
  async #killAtStep(): Promise<void> {
    this.#startProcess();
    const { step, moment } = this.#random.pick(transactionPoints);
    const killed = this.scene.postgresProxy.once(step, moment, () => {
      for (const { pid } of this.#processes) process.kill(pid, 'SIGKILL');
    });
    await this.#editor.edit();
    await Promise.race([killed, delay(3_000)]);
    this.scene.postgresProxy.forget();
    await Promise.all(this.#processes.splice(0).map((victim) => victim.stop('SIGKILL')));
  }

  #log(): string {
    const lines = this.#instances.map(({ lines: told }) => told.map(({ msg }) => msg).join('\n'));
    return [...lines, ...this.#processes.map(({ stderr }) => stderr)].join('\n--\n');
  }
}
