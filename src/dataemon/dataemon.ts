import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Backoff, messageOf, SyncError } from '../lib/index.js';
import { withAuthorities } from './engine/authorities.js';
import type { Engine } from './engine/engine.js';
import { PlanEngine } from './engine/plan-engine.js';
import { PlanExecutor } from './engine/plan-executor.js';
import { workerEnvironment } from './engine/worker-environment.js';
import { WorkerEngine } from './engine/worker-engine.js';
import { Follower } from './follower.js';
import { InputReader } from './input-reader.js';
import { nextState, type DataemonEvent, type DataemonState } from './life-cycle.js';
import { ModelBoard } from './model-board.js';
import { modelFailed } from './model-failed.js';
import { ModelRunner } from './model-runner.js';
import type { DataemonOptions } from './options.js';
import { PackageKeeper } from './package/keeper.js';
import { ProjectFolders } from './package/project-folder.js';
import { describeSource, gitCredentials } from './package/source.js';
import { ModelState } from './planner/model-state.js';
import { StandingState } from './planner/standing-state.js';
import { ProblemBook } from './problem-book.js';
import { Problems } from './problems.js';
import { RunBook } from './run-book.js';
import { SessionKeeper } from './session-keeper.js';
import { SignsOfLife } from './signs-of-life.js';
import { statusError, type DataemonStatus, type LastRun } from './status.js';
import { TestRounds } from './test-rounds.js';
import { ViewWatch } from './view-watch.js';
import { Wake } from './wake.js';

/** Keeps models up to date. */
export interface Dataemon {
  /** Runs until `signal` aborts and what is under way has ended, at most 10 seconds. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  status(): DataemonStatus;
  /** Calls the listener whenever the status has changed, until the function returned is called. */
  onChange(listener: () => void): () => void;
  /** Why it seems never to go on by itself, which is a defect of ours; undefined while it moves, however long a run takes. */
  readonly stuck: string | undefined;
  /** The process id of dbt's worker, while there is one. */
  readonly workerPid: number | undefined;
}

/** How long a run may go on after the stop, and when all else is left behind: the process has 10 seconds. */
const drainMs = 6_000;
const lastMs = 8_500;
const standbyMs = 5_000;
const firstPauseMs = 500;
const longestPauseMs = 60_000;

/** Makes a dataemon; nothing happens until `run`. */
export function createDataemon(options: DataemonOptions): Dataemon {
  return new RunningDataemon(options);
}

class RunningDataemon implements Dataemon {
  #state: DataemonState = 'starting';
  #lastRun: LastRun | null = null;
  #isStandby = false;
  readonly #life: SignsOfLife;
  readonly #listeners = new Set<() => void>();
  readonly #wake: Wake;
  readonly #sessions: SessionKeeper;
  readonly #worker: WorkerEngine;
  readonly #engine: Engine;
  readonly #packages: PackageKeeper;
  readonly #models: ModelState;
  readonly #board = new ModelBoard();
  readonly #problems: Problems;
  readonly #problemBook: ProblemBook;
  readonly #follower: Follower;
  readonly #tests: TestRounds;
  readonly #pause: Backoff;

  constructor(private readonly options: DataemonOptions) {
    const { selector, schema, projectFolder, bundledPackage, clock, log, random } = options;
    const board = this.#board;
    const onProgress = () => {
      this.#life.progress();
      this.#show();
    };
    this.#life = new SignsOfLife(options, options.monotonicMs);
    this.#wake = new Wake(clock);
    this.#problems = new Problems(log, clock);
    this.#problemBook = new ProblemBook(options, this.#problems);
    this.#pause = new Backoff({ firstMs: firstPauseMs, longestMs: longestPauseMs, random });
    this.#models = new ModelState(random);
    this.#sessions = new SessionKeeper({ ...options, onWake: () => this.#wake.ring() });
    const environment = () => {
      const connection = withAuthorities(options.connection, options.workFolder);
      const settings = { ...options, connection, rootSchema: options.rootSchema ?? schema };
      const environment = workerEnvironment(settings, options.environment, this.#sessions.serverVersion);
      return { ...environment, ...gitCredentials(options.package, environment) };
    };
    this.#worker = new WorkerEngine({ ...options, environment });
    const executor = new PlanExecutor(options.connection, clock);
    this.#engine = options.increments === 'dbt' ? this.#worker : new PlanEngine(this.#worker, executor, log);
    this.#packages = new PackageKeeper({
      source: options.package,
      selector,
      folders: new ProjectFolders(join(options.workFolder, folderOf(schema, selector)), projectFolder, bundledPackage),
      engine: this.#engine,
      environment,
      onInstall: () => this.#moveTo('install'),
      log,
      clock,
      random,
    });
    const book = new RunBook({ ...options, models: this.#models });
    this.#tests = new TestRounds({
      ...options,
      engine: () => new WorkerEngine({ ...options, environment, target: 'target-of-tests' }),
      onEnd: () => this.#wake.ring(),
    });
    this.#follower = new Follower({
      options,
      packages: this.#packages,
      problems: this.#problems,
      models: this.#models,
      standing: new StandingState(this.#models, random),
      board,
      book,
      tests: this.#tests,
      reader: new InputReader(options, () => this.#sessions.current()),
      views: new ViewWatch(clock),
      runner: new ModelRunner({ ...options, engine: this.#engine, board, book, onChange: onProgress }),
      session: () => this.#sessions.current(),
      whileLocked: (work) => this.#sessions.whileLocked(work, () => this.#engine.stop()),
      wake: () => this.#wake.ring(),
      moveTo: (event) => this.#moveTo(event),
      onRun: (run) => {
        this.#lastRun = run;
        this.#problems.end('worker');
        this.#show();
      },
    });
  }

  get workerPid(): number | undefined {
    return this.#worker.pid;
  }

  get stuck(): string | undefined {
    return this.#life.stuck(this.#state);
  }

  async run(signal: AbortSignal): Promise<void> {
    const timers: NodeJS.Timeout[] = [];
    const deadline = new Promise<void>((resolve) => {
      const onAbort = () => {
        timers.push(
          setTimeout(() => void this.#engine.stop(), drainMs),
          setTimeout(resolve, lastMs),
        );
        void this.#tests.stop();
        this.#wake.ring();
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
    this.#moveTo('await-postgres');
    await Promise.race([this.#live(signal), deadline]);
    timers.forEach(clearTimeout);
    await Promise.all([this.#engine.stop(), this.#tests.stop()]);
    await this.#sessions.close();
    this.#moveTo('stop');
  }

  status(): DataemonStatus {
    const models = this.#board.list();
    const failed = models.find(({ status }) => status === 'failed');
    return {
      state: this.#state,
      package: describeSource(this.options.package),
      selector: this.options.selector ?? null,
      isStandby: this.#isStandby,
      upToDateWith: this.#models.upToDateWith === '' ? null : (this.#models.upToDateWith ?? null),
      lastRun: this.#lastRun,
      models,
      tests: this.#tests.status,
      error: statusError(this.#problems.first ?? (failed && modelFailed(failed.name, failed.error))),
    };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #live(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#oneSession(signal).catch((error: unknown) => this.#recoverFrom(error, signal));
    }
    await this.#follower.settle().catch((error: unknown) => this.#recoverFrom(error, signal));
  }

  /** Lives as long as one connection to PostgreSQL. */
  async #oneSession(signal: AbortSignal): Promise<void> {
    // What a rebuild is done under stays, or another dataemon would begin the same.
    this.#life.rest();
    if (!this.#follower.isRebuilding || (await this.#sessions.isLost())) await this.#sessions.open();
    this.#life.begin();
    this.#follower.reset();
    this.#problems.end('postgres');
    if (!(await this.#lock(signal))) return;
    while (!signal.aborted && !(await this.#sessions.isLost())) {
      this.#life.step();
      const idleMs = await this.#sessions.whileLocked(
        () => this.#follower.step(),
        () => this.#engine.stop(),
      );
      // That a rebuild has begun says nothing of how it ends.
      if (!this.#follower.isRebuilding) {
        this.#life.endRebuild();
        this.#pause.reset();
        this.#problems.end('worker');
      }
      await this.#problemBook.write(await this.#sessions.current());
      await this.#wake.wait(idleMs);
    }
  }

  /** Waits until no other dataemon runs these models. */
  async #lock(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted && !(await this.#sessions.isLost())) {
      this.#life.step();
      const isOurs = await this.#sessions.tryLock();
      if (isOurs === this.#isStandby) {
        this.options.log.info(isOurs ? 'taking over' : 'another dataemon keeps these models up to date: standing by');
      }
      this.#isStandby = !isOurs;
      if (isOurs) return true;
      await this.options.clock.sleep(standbyMs, signal);
    }
    return false;
  }

  async #recoverFrom(thrown: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { log, clock } = this.options;
    this.#life.rest();
    if (!this.#follower.isRebuilding) this.#life.endRebuild();
    if (!(thrown instanceof SyncError)) log.error({ err: thrown }, 'a defect of CHT Sync; trying again');
    const error = thrown instanceof SyncError ? thrown : defect(thrown);
    const isPostgres = error.code.startsWith('POSTGRES');
    this.#problems.begin(isPostgres ? 'postgres' : 'worker', error);
    this.#moveTo(isPostgres ? 'await-postgres' : 'pause-after-failure');
    // Without a connection it is written when there is one again.
    await this.#sessions
      .current()
      .then((session) => this.#problemBook.write(session))
      .catch(() => undefined);
    await clock.sleep(error.passing ? this.#pause.next() : this.#pause.slowest(), signal);
  }

  #moveTo(event: DataemonEvent): void {
    this.#life.step();
    if (event === 'rebuild') this.#life.beginRebuild();
    this.#state = nextState(this.#state, event);
    this.#show();
  }

  #show(): void {
    for (const listener of this.#listeners) listener();
  }
}

function defect(thrown: unknown): SyncError {
  return new SyncError('DBT_WORKER_FAILED', `The dataemon failed: ${messageOf(thrown)}`, {
    remedy: 'Please report this with the log.',
    passing: true,
    cause: thrown,
  });
}

/** Dataemons of other selectors have a folder of their own. */
function folderOf(schema: string, selector: string | undefined): string {
  const readable = (selector ?? 'all').replaceAll(/[^\w-]+/g, '-').slice(0, 40);
  const hash = createHash('sha256')
    .update(JSON.stringify([schema, selector]))
    .digest('hex');
  return `${readable}-${hash.slice(0, 8)}`;
}
