import { randomUUID } from 'node:crypto';
import { SyncError, type Clock, type Log } from '../lib/index.js';
import { countRows } from './database/relations.js';
import type { Session } from './database/session.js';
import { modelWatermarks, readPositions } from './database/watermark.js';
import type { Engine, NodeResult, OnProgress, RunRequest } from './engine/engine.js';
import { withDescendants, type Model, type ModelGraph } from './manifest/graph.js';
import type { ModelBoard } from './model-board.js';
import { modelFailed } from './model-failed.js';
import type { DataemonOptions } from './options.js';
import type { ReadyPackage } from './package/keeper.js';
import type { Run } from './planner/decide.js';
import type { RunBook } from './run-book.js';
import { asSyncError, failedResults, RunCutShort } from './run-error.js';
import type { LastRun } from './status.js';

/** What the runner works with. */
export interface ModelRunnerOptions extends Pick<
  DataemonOptions,
  'schema' | 'batchSize' | 'runTimeoutMs' | 'rebuildTimeoutMs'
> {
  readonly engine: Engine;
  readonly board: ModelBoard;
  readonly book: RunBook;
  /** Called when what is shown has changed. */
  readonly onChange: () => void;
  readonly log: Log;
  readonly clock: Clock;
}

/** A run that has ended, before anything of it is written down. */
export interface FinishedRun {
  readonly last: LastRun;
  readonly results: readonly NodeResult[];
  readonly durationMs: number;
  /** Whether the models stand as a package before has built them. */
  readonly isStanding: boolean;
}

/** Counting rows may take longer than an increment: of the time, at most one in so many parts goes into it. */
const countShare = 10;

/** Carries runs out, shows how they go on, and writes down how they ended. */
export class ModelRunner {
  #nextCount = -Infinity;
  /** The models whose rows have changed since they were counted. */
  readonly #uncounted = new Set<string>();
  #failuresTold = new Map<string, string>();
  /** How far a model was after its last full batch. */
  readonly #batchEnds = new Map<string, string>();

  constructor(private readonly options: ModelRunnerOptions) {}

  /**
   * @param kind - as `inFirstBatch` gives it, of a rebuild.
   * @param onBuilt - told as soon as a model is committed, maybe long before the last one is.
   * @throws RunCutShort, of a DbtError or SyncError DBT_WORKER_FAILED.
   */
  async run(
    { project, graph }: ReadyPackage,
    run: Run,
    kind: RunRequest['kind'],
    onBuilt: (id: string) => void = () => undefined,
  ): Promise<FinishedRun> {
    const { board, book, clock, runTimeoutMs, rebuildTimeoutMs } = this.options;
    const timeoutMs = run.kind === 'full-refresh' ? rebuildTimeoutMs : runTimeoutMs;
    const startedAt = new Date(clock.now());
    // Where batches of the table of before have ended says nothing of the next one.
    if (run.kind === 'full-refresh') for (const id of run.models) this.#batchEnds.delete(id);
    const request = { project, graph, models: run.models, kind, timeoutMs };
    const work = () =>
      this.#engineRuns(request, (id, progress) => {
        if (progress === 'started') board.set(id, { status: 'running' });
        if (progress === 'built' && run.models.includes(id)) onBuilt(id);
      });
    try {
      return await this.#finish(graph, run, work);
    } catch (thrown) {
      if (thrown instanceof RunCutShort) book.failed(run, thrown.running, startedAt, thrown.cause);
      throw thrown;
    } finally {
      board.abandon(run.models);
    }
  }

  /** While others are rebuilt: brings on, of these models, those that need no dbt. */
  async runBeside({ project, graph }: ReadyPackage, models: readonly string[]): Promise<FinishedRun> {
    const { engine, runTimeoutMs: timeoutMs } = this.options;
    return this.#finish(graph, { kind: 'increment', models }, () =>
      engine.runBeside({ project, graph, models, timeoutMs }),
    );
  }

  /**
   * Brings on models that stand as a package before has built them. That dbt cannot run such a package is a failure of its
   * models, and holds up none of the package of now.
   *
   * @param relations - as they stand, and what they read.
   * @param isBeside - while others are rebuilt: only those that need no dbt.
   * @throws SyncError POSTGRES_*.
   */
  async runStanding(
    { project, graph }: ReadyPackage,
    run: Run,
    { relations, isBeside }: { readonly relations: ReadonlyMap<string, string>; readonly isBeside: boolean },
  ): Promise<FinishedRun> {
    const { engine, clock, runTimeoutMs: timeoutMs } = this.options;
    const request = { project, graph, models: run.models, timeoutMs, relations };
    const startedAt = new Date(clock.now());
    const byEngine = () =>
      this.#engineRuns({ ...request, kind: 'increment' }).catch((thrown: unknown) => {
        const error = asSyncError(thrown);
        if (!(thrown instanceof RunCutShort && error instanceof SyncError) || error.code.startsWith('POSTGRES'))
          throw error;
        const running = thrown.running.length > 0 ? thrown.running : run.models;
        return failedResults(running, {
          startedAt,
          durationMs: clock.now() - startedAt.getTime(),
          words: error.message,
        });
      });
    return this.#finish(graph, run, () => (isBeside ? engine.runBeside(request) : byEngine()), true);
  }

  async #engineRuns(request: RunRequest, onProgress?: OnProgress): Promise<readonly NodeResult[]> {
    const { engine, onChange } = this.options;
    const underWay = new Set<string>();
    try {
      return await engine.run(request, (id, progress) => {
        onProgress?.(id, progress);
        if (progress === 'started' && request.models.includes(id)) underWay.add(id);
        else underWay.delete(id);
        onChange();
      });
    } catch (error) {
      throw new RunCutShort(error, [...underWay]);
    }
  }

  async #finish(
    graph: ModelGraph,
    run: Run,
    work: () => Promise<readonly NodeResult[]>,
    isStanding = false,
  ): Promise<FinishedRun> {
    const { board, clock } = this.options;
    const startedAt = new Date(clock.now());
    const results = await work();
    if (isStanding) board.broughtOn(results, startedAt);
    else {
      board.finish(results, startedAt);
      // Those of a later layer will not run before what they read does.
      const failed = results.filter(({ status }) => status === 'failed').map(({ id }) => id);
      board.skip([...withDescendants(graph, failed)].filter((id) => !results.some((result) => result.id === id)));
    }
    const durationMs = clock.now() - startedAt.getTime();
    this.#tell(run, results, durationMs, isStanding);
    return { last: summarise(run, results, startedAt, durationMs), results, durationMs, isStanding };
  }

  /** Has the engine get ready, so that the next increment has not to wait for that. */
  async prepare({ project, graph }: ReadyPackage, models: readonly string[]): Promise<void> {
    const { engine, runTimeoutMs: timeoutMs } = this.options;
    await engine.prepare({ project, graph, models, timeoutMs });
  }

  /**
   * Those that took no more than a batch and moved on by it: there is more for them. Where that cannot be read now, all: what a
   * rebuild of hours has brought must not be lost for it.
   *
   * @param goal - the watermark of the documents, before the run.
   */
  async unfinished(
    session: () => Promise<Session>,
    current: ReadyPackage,
    results: readonly NodeResult[],
    goal: string,
  ): Promise<ReadonlySet<string>> {
    return this.#unfinished(session, current, results, goal).catch(() => new Set(results.map(({ id }) => id)));
  }

  async #unfinished(
    session: () => Promise<Session>,
    current: ReadyPackage,
    results: readonly NodeResult[],
    goal: string,
  ): Promise<Set<string>> {
    const { schema, batchSize, log } = this.options;
    const well = results.filter(({ status }) => status === 'ok');
    if (batchSize === 0 || well.length === 0) return new Set();
    const ids = (some: readonly NodeResult[]) =>
      modelsOf(
        current,
        some.map(({ id }) => id),
      );
    const now = await session();
    const own = await readPositions(now, schema, ids(well));
    // Of the others a whole batch of rows is the only sign.
    const full = well.filter(({ id, rowsAffected }) => !own.has(id) && (rowsAffected ?? 0) >= batchSize);
    const behind = [...own]
      .filter(([, { watermark }]) => watermark < goal)
      .map(([id, { watermark, filled }]) => [id, filled ?? watermark] as const);
    const unfinished = new Set<string>();
    for (const [id, watermark] of [...behind, ...(await modelWatermarks(now, ids(full)))]) {
      if (this.#batchEnds.get(id) !== watermark) unfinished.add(id);
      else log.debug({ model: id, watermark }, 'a whole batch brought the model no further');
      this.#batchEnds.set(id, watermark);
    }
    return unfinished;
  }

  /** Writes the record. */
  async record(session: Session, { last, results, isStanding }: FinishedRun): Promise<void> {
    for (const node of results) {
      if (last.kind === 'full-refresh' || node.rowsAffected !== 0) this.#uncounted.add(node.id);
    }
    await this.options.book.record(session, last, results, isStanding);
  }

  /**
   * Counts the rows of the models that have changed, unless they were counted just now.
   *
   * @returns when to count those that are left, in the clock's milliseconds; undefined when none are.
   */
  async count(session: Session, current: ReadyPackage): Promise<number | undefined> {
    const { board, clock } = this.options;
    if (this.#uncounted.size === 0) return undefined;
    const began = clock.now();
    if (began < this.#nextCount) return this.#nextCount;
    const models = modelsOf(current, this.#uncounted);
    this.#uncounted.clear();
    for (const [id, rows] of await countRows(session, models)) board.set(id, { rows });
    const ended = clock.now();
    this.#nextCount = ended + (ended - began) * countShare;
    return undefined;
  }

  #tell(run: Run, results: readonly NodeResult[], durationMs: number, isStanding: boolean): void {
    const { log } = this.options;
    const failures = new Map(this.#failuresTold);
    for (const { id, name, status, error } of results) {
      const key = isStanding ? `before: ${id}` : id;
      const before = failures.get(key);
      if (status === 'failed' && error !== null) {
        failures.set(key, error);
        const { code, remedy } = modelFailed(name, error);
        const words = isStanding ? 'a model of the package before failed, too' : 'a model failed; others go on';
        if (before !== error) log.error({ code, model: name, error, remedy }, words);
      } else if (status === 'ok' && failures.delete(key)) {
        log.info({ model: name }, isStanding ? 'the model of the package before works again' : 'the model works again');
      }
    }
    this.#failuresTold = failures;
    const failed = results.filter(({ status }) => status !== 'ok').length;
    const told = { models: run.models.length, failed, durationMs: Math.round(durationMs) };
    if (run.kind === 'full-refresh') log.info(told, 'models have been built');
    else
      log.debug(
        told,
        isStanding ? 'models of the package before have been brought on' : 'models have been brought up to date',
      );
  }
}

/** The models of a package with these ids. */
export function modelsOf({ graph }: ReadyPackage, ids: Iterable<string>): Model[] {
  return [...ids].map((id) => graph.get(id)).filter((model) => model !== undefined);
}

function summarise(run: Run, results: readonly NodeResult[], startedAt: Date, durationMs: number): LastRun {
  return {
    id: randomUUID(),
    kind: run.kind,
    startedAt: startedAt.toISOString(),
    durationMs,
    models: run.models.length,
    failed: results.filter(({ status }) => status === 'failed').length,
    rowsAffected: results.reduce((sum, { rowsAffected }) => sum + (rowsAffected ?? 0), 0),
  };
}
