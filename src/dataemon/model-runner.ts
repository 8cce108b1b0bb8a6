import { randomUUID } from 'node:crypto';
import type { Clock, Log } from '../lib/index.js';
import { countRows, existingModels } from './database/relations.js';
import type { Session } from './database/session.js';
import { modelWatermarks, readPositions } from './database/watermark.js';
import type { Engine, NodeResult, RunRequest } from './engine/engine.js';
import { withDescendants, type Model, type ModelGraph } from './manifest/graph.js';
import type { ModelBoard } from './model-board.js';
import { modelFailed } from './model-failed.js';
import type { DataemonOptions } from './options.js';
import type { CurrentPackage } from './package/keeper.js';
import type { Run } from './planner/decide.js';
import type { RunBook } from './run-book.js';
import { RunCutShort } from './run-error.js';
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
   * @param kind - as `kindOf` gives it.
   * @throws RunCutShort, of a DbtError or SyncError DBT_WORKER_FAILED.
   */
  async run(current: CurrentPackage, run: Run, kind: RunRequest['kind']): Promise<FinishedRun> {
    const { engine, board, book, onChange, clock, runTimeoutMs, rebuildTimeoutMs } = this.options;
    const { project, graph } = current;
    const timeoutMs = run.kind === 'full-refresh' ? rebuildTimeoutMs : runTimeoutMs;
    const request = { project, graph, models: run.models, kind, timeoutMs };
    const startedAt = new Date(clock.now());
    const underWay = new Set<string>();
    try {
      return await this.#finish(graph, run, () =>
        engine.run(request, (id, progress) => {
          if (progress === 'started') board.set(id, { status: 'running' });
          if (progress === 'started' && run.models.includes(id)) underWay.add(id);
          else underWay.delete(id);
          onChange();
        }),
      );
    } catch (error) {
      book.failed(run, [...underWay], startedAt, error);
      throw new RunCutShort(error, [...underWay]);
    } finally {
      board.abandon(run.models);
    }
  }

  /** While others are rebuilt: brings on, of these models, those that need no dbt. */
  async runBeside({ project, graph }: CurrentPackage, models: readonly string[]): Promise<FinishedRun> {
    const { engine, runTimeoutMs: timeoutMs } = this.options;
    return this.#finish(graph, { kind: 'increment', models }, () =>
      engine.runBeside({ project, graph, models, timeoutMs }),
    );
  }

  /** With batches, tables that are not there yet begin with one, so that dashboards fill from then on. */
  async kindOf(session: Session, current: CurrentPackage, { kind, models }: Run): Promise<RunRequest['kind']> {
    if (kind === 'increment' || this.options.batchSize === 0) return kind;
    const existing = await existingModels(session, modelsOf(current, models));
    return existing.size === 0 ? 'first-batch' : kind;
  }

  async #finish(graph: ModelGraph, run: Run, work: () => Promise<readonly NodeResult[]>): Promise<FinishedRun> {
    const { board, clock } = this.options;
    const startedAt = new Date(clock.now());
    const results = await work();
    board.finish(results, startedAt);
    // Those of a later layer will not run before what they read does.
    const failed = results.filter(({ status }) => status === 'failed').map(({ id }) => id);
    board.skip([...withDescendants(graph, failed)].filter((id) => !results.some((result) => result.id === id)));
    const durationMs = clock.now() - startedAt.getTime();
    this.#tell(run, results, durationMs);
    return { last: summarise(run, results, startedAt, durationMs), results, durationMs };
  }

  /** Has the engine get ready, so that the next increment has not to wait for that. */
  async prepare({ project, graph }: CurrentPackage, models: readonly string[]): Promise<void> {
    const { engine, runTimeoutMs: timeoutMs } = this.options;
    await engine.prepare({ project, graph, models, timeoutMs });
  }

  /**
   * Those that took no more than a batch and moved on by it: there is more for them.
   *
   * @param goal - the watermark of the documents, before the run.
   */
  async unfinished(
    session: () => Promise<Session>,
    current: CurrentPackage,
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
  async record(session: Session, { last, results }: FinishedRun): Promise<void> {
    for (const node of results) {
      if (last.kind === 'full-refresh' || node.rowsAffected !== 0) this.#uncounted.add(node.id);
    }
    await this.options.book.record(session, last, results);
  }

  /**
   * Counts the rows of the models that have changed, unless they were counted just now.
   *
   * @returns when to count those that are left, in the clock's milliseconds; undefined when none are.
   */
  async count(session: Session, current: CurrentPackage): Promise<number | undefined> {
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

  #tell(run: Run, results: readonly NodeResult[], durationMs: number): void {
    const { log } = this.options;
    const failures = new Map(this.#failuresTold);
    for (const { id, name, status, error } of results) {
      const before = failures.get(id);
      if (status === 'failed' && error !== null) {
        failures.set(id, error);
        const { code, remedy } = modelFailed(name, error);
        if (before !== error) log.error({ code, model: name, error, remedy }, 'a model failed; others go on');
      } else if (status === 'ok' && failures.delete(id)) {
        log.info({ model: name }, 'the model works again');
      }
    }
    this.#failuresTold = failures;
    const failed = results.filter(({ status }) => status !== 'ok').length;
    const told = { models: run.models.length, failed, durationMs: Math.round(durationMs) };
    if (run.kind === 'full-refresh') log.info(told, 'models have been built');
    else log.debug(told, 'models have been brought up to date');
  }
}

/** The models of a package with these ids. */
export function modelsOf({ graph }: CurrentPackage, ids: Iterable<string>): Model[] {
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
