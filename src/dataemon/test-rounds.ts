import { messageOf, type Clock, type Log } from '../lib/index.js';
import type { Session } from './database/session.js';
import { forgetTests, readTests, writeTests } from './database/tests.js';
import { isConnectionLoss } from './engine/connection-loss.js';
import type { NodeResult } from './engine/engine.js';
import { selectorOf, type WorkerEngine } from './engine/worker-engine.js';
import type { DataemonOptions } from './options.js';
import type { ReadyPackage } from './package/keeper.js';
import type { TestsStatus, TestStatus } from './status.js';

/** What rounds of tests are made with. */
export interface TestRoundsOptions extends Pick<
  DataemonOptions,
  'schema' | 'selector' | 'testIntervalMs' | 'runTimeoutMs'
> {
  /** Makes a dbt of their own for a round, which ends with it: increments never wait for a test. */
  readonly engine: () => Pick<WorkerEngine, 'load' | 'test' | 'stop'>;
  /** Called when a round has ended. */
  readonly onEnd: () => void;
  readonly log: Log;
  readonly clock: Clock;
}

/** A round under way. */
interface Round {
  readonly project: string;
  readonly startedAt: Date;
  /** Whether all tests of the package are in it. */
  readonly isWhole: boolean;
  readonly engine: Pick<WorkerEngine, 'stop'>;
  readonly ended: Promise<void>;
  /** Undefined while it goes on, and when it came to nothing. */
  results?: readonly NodeResult[];
  error?: unknown;
  hasEnded: boolean;
}

/**
 * Runs the data tests of the package now and then, beside everything else. A test that fails is told of and recorded; it
 * stops nothing.
 */
export class TestRounds {
  #round: Round | undefined;
  #isStopped = false;
  /** Undefined until the database has told of earlier rounds. */
  #tests: Map<string, TestStatus> | undefined;
  #lastRoundAt = -Infinity;
  #unableToldOf: string | undefined;

  constructor(private readonly options: TestRoundsOptions) {}

  /** Null when no tests are to be run. */
  get status(): TestsStatus | null {
    if (this.options.testIntervalMs === 0) return null;
    const lastRunAt = Number.isFinite(this.#lastRoundAt) ? new Date(this.#lastRoundAt).toISOString() : null;
    return { lastRunAt, tests: [...(this.#tests?.values() ?? [])] };
  }

  /**
   * Begins a round when it is due, and takes over one that has ended; waits for none.
   *
   * @param stale - the models that are not built: what reads them is not tested.
   * @returns when the next is due, in the clock's milliseconds; undefined when it is not known yet.
   */
  async step(session: Session, current: ReadyPackage, stale: ReadonlySet<string>): Promise<number | undefined> {
    const { testIntervalMs, clock } = this.options;
    if (testIntervalMs === 0 || this.#isStopped) return undefined;
    if (this.#tests === undefined) await this.#remember(session);
    if (this.#round?.hasEnded === true) await this.#takeOver(session, current, this.#round);
    if (this.#round !== undefined) return undefined;
    const due = this.#lastRoundAt + testIntervalMs;
    if (clock.now() < due) return due;
    const models = [...current.selected].filter((id) => !stale.has(id));
    if (models.length > 0) this.#begin(current, models, stale.size === 0);
    return undefined;
  }

  /** Breaks off the round that is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#round?.engine.stop();
    await this.#round?.ended;
  }

  async #remember(session: Session): Promise<void> {
    const { schema, selector = '' } = this.options;
    const tests = await readTests(session, { schema, selector });
    this.#tests = new Map(tests.map(({ id, name, status, error }) => [id, { name, status, error }]));
    this.#lastRoundAt = Math.max(-Infinity, ...tests.map(({ testedAt }) => testedAt.getTime()));
  }

  #begin({ project, graph }: ReadyPackage, models: readonly string[], isWhole: boolean): void {
    const { engine: makeEngine, selector, onEnd, clock } = this.options;
    const engine = makeEngine();
    // A test that names no model by `ref` belongs to none.
    const select = isWhole && selector === undefined ? [] : models.map((id) => selectorOf(graph, id));
    const startedAt = new Date(clock.now());
    const run = async () => {
      await engine.load(project, { select: [] });
      return this.#testTwice(engine, project, select);
    };
    const ended = run()
      .then(
        (results) => (round.results = results),
        (error: unknown) => (round.error = error),
      )
      .then(() => engine.stop())
      .then(() => {
        round.hasEnded = true;
        onEnd();
      });
    const round: Round = { project, startedAt, isWhole, engine, ended, hasEnded: false };
    this.#round = round;
  }

  /** Models may be brought on while a test reads two of them: what fails once only is no failure. */
  async #testTwice(
    engine: Pick<WorkerEngine, 'test'>,
    project: string,
    select: readonly string[],
  ): Promise<readonly NodeResult[]> {
    const { runTimeoutMs } = this.options;
    const results = await engine.test(project, select, runTimeoutMs);
    const failed = results.filter(({ status }) => status === 'failed').map(({ name }) => name);
    if (failed.length === 0) return results;
    const again = new Map((await engine.test(project, failed, runTimeoutMs)).map((result) => [result.id, result]));
    return results.map((result) => (result.status === 'failed' ? (again.get(result.id) ?? result) : result));
  }

  async #takeOver(session: Session, current: ReadyPackage, round: Round): Promise<void> {
    try {
      if (round.results !== undefined) await this.#record(session, round, round.results);
    } catch (error) {
      // Taken over again in the next session; any other failure must not hold up the models.
      if (session.lost) throw error;
      round.error = error;
    }
    if (round.error === undefined) this.#unableToldOf = undefined;
    else this.#unable(round, current);
    this.#lastRoundAt = round.startedAt.getTime();
    this.#round = undefined;
  }

  async #record(session: Session, { isWhole, startedAt }: Round, results: readonly NodeResult[]): Promise<void> {
    const told = results.filter(({ status, error }) => status !== 'skipped' && !isConnectionLoss(error));
    await writeTests(session, this.options, told, startedAt);
    const ids = new Set(results.map(({ id }) => id));
    if (isWhole) {
      await forgetTests(session, this.options, [...ids]);
      for (const id of this.#tests?.keys() ?? []) if (!ids.has(id)) this.#tests?.delete(id);
    }
    this.#tell(told);
  }

  #tell(results: readonly NodeResult[]): void {
    const { log } = this.options;
    for (const { id, name, status, error } of results) {
      const before = this.#tests?.get(id)?.status ?? 'ok';
      const now = status === 'ok' ? 'ok' : 'failed';
      this.#tests?.set(id, { name, status: now, error });
      if (now === 'failed' && before === 'ok') {
        const remedy = 'Look at the rows that the SQL of the test finds; `cht-sync models` names its file.';
        log.warn({ code: 'TEST_FAILED', test: name, error, remedy }, 'a test of the models fails; the models go on');
      } else if (now === 'ok' && before === 'failed') log.info({ test: name }, 'the test of the models passes again');
    }
    const failed = results.filter(({ status }) => status !== 'ok').length;
    log.debug({ tests: results.length, failed }, 'the models have been tested');
  }

  #unable({ error, project }: Round, current: ReadyPackage): void {
    const words = messageOf(error);
    // The folder of a package goes when another one takes its place.
    if (project !== current.project || this.#unableToldOf === words) return;
    this.#unableToldOf = words;
    this.options.log.warn({ code: 'TEST_FAILED', error: words }, 'the models could not be tested; the models go on');
  }
}
