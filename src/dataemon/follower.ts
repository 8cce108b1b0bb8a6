import { messageOf, SyncError } from '../lib/index.js';
import { readBuilt, writeBuilt, type ManifestPlace } from './database/manifest-store.js';
import { countRows, existingModels } from './database/relations.js';
import type { Session } from './database/session.js';
import { isConnectionLoss } from './engine/connection-loss.js';
import { DbtError } from './engine/engine.js';
import type { InputReader } from './input-reader.js';
import type { DataemonEvent } from './life-cycle.js';
import { sameBuilt, type BuiltModels } from './manifest/built-models.js';
import type { ModelBoard } from './model-board.js';
import { modelsOf, type FinishedRun, type ModelRunner } from './model-runner.js';
import type { DataemonOptions } from './options.js';
import type { CurrentPackage, PackageKeeper } from './package/keeper.js';
import { describeSource } from './package/source.js';
import type { PackageChanges } from './planner/changes.js';
import type { Run } from './planner/decide.js';
import type { InputState, ModelState } from './planner/model-state.js';
import type { RunBook } from './run-book.js';
import type { LastRun } from './status.js';
import type { TestRounds } from './test-rounds.js';

/** What the follower works with. */
export interface FollowerParts {
  readonly options: DataemonOptions;
  readonly packages: PackageKeeper;
  readonly models: ModelState;
  readonly board: ModelBoard;
  readonly book: RunBook;
  readonly tests: TestRounds;
  readonly runner: ModelRunner;
  readonly reader: InputReader;
  /** The session of now: it may be another one after a run than before. */
  readonly session: () => Promise<Session>;
  /** Does something that another dataemon must not do meanwhile. */
  readonly whileLocked: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** Has `step` be called soon. */
  readonly wake: () => void;
  readonly moveTo: (event: DataemonEvent) => void;
  readonly onRun: (run: LastRun) => void;
}

/** A burst of notifications, and changes that keep coming, are taken together when they are this close, in milliseconds. */
const leastPauseMs = 25;
const longestPauseMs = 250;

/** Models that are being made anew, while others are brought on. */
interface Rebuild {
  readonly run: Run;
  /** What the models read when it began. */
  readonly inputs: InputState;
  readonly current: CurrentPackage;
  readonly finished: Promise<FinishedRun>;
  /** In the clock's milliseconds. */
  readonly startedAt: number;
  hasEnded: boolean;
}

/** Follows the table of documents: each step does at most one thing, the one that is due. */
export class Follower {
  readonly #place: ManifestPlace;
  #adopted: CurrentPackage | undefined;
  /** Built, but not stored yet: the connection was lost meanwhile. */
  #unsaved: BuiltModels | undefined;
  #pauseMs = leastPauseMs;
  #rebuild: Rebuild | undefined;

  constructor(private readonly parts: FollowerParts) {
    const { schema, selector } = parts.options;
    this.#place = { schema, selector };
  }

  /** To be called with each new session: the database may not be what it was. */
  reset(): void {
    this.#adopted = undefined;
  }

  /**
   * Does what is due.
   *
   * @returns how long nothing will be due unless something changes, in milliseconds.
   * @throws SyncError POSTGRES_*, DBT_WORKER_FAILED.
   */
  async step(): Promise<number> {
    const { options, packages, models, runner, reader, book, tests, session, moveTo } = this.parts;
    if (this.#rebuild?.hasEnded === true) await this.settle();
    if (this.#rebuild !== undefined) return this.#besideRebuild(this.#rebuild);
    await packages.check();
    const { current } = packages;
    if (current === undefined) {
      moveTo('pause-after-failure');
      return options.intervalMs;
    }
    if (current !== this.#adopted) await this.#adopt(current);
    const inputs = await reader.read(current);
    if (inputs === undefined) {
      moveTo('await-postgres');
      return options.intervalMs;
    }
    models.lost(await this.#lostViews(current));
    const now = options.clock.now();
    const next = models.next(inputs, now);
    // Tables that are about to be made anew are no good time for a test.
    const testsDue =
      next?.kind === 'full-refresh' ? undefined : await tests.step(await session(), current, models.stale);
    if (next !== undefined) {
      await this.#run(current);
      return 0;
    }
    await this.#prepare(current);
    const countDue = await runner.count(await session(), current);
    // Who waits for it to be idle wants to know the rows of now.
    const isWell = packages.problem === undefined && models.failing.size === 0;
    if (countDue === undefined) moveTo(isWell ? 'nothing-to-do' : 'pause-after-failure');
    const due = [models.nextDue(now), testsDue, countDue, await book.write(await session())].filter(
      (at) => at !== undefined,
    );
    return Math.min(options.intervalMs, Math.min(...due) - now);
  }

  async #adopt(current: CurrentPackage): Promise<void> {
    const { options, models, board, book, session } = this.parts;
    const now = await session();
    if (this.#unsaved !== undefined) await this.#store(this.#unsaved);
    const stored = await readBuilt(now, this.#place);
    const selected = modelsOf(current, current.selected);
    const existing = await existingModels(now, selected);
    const changes = models.use({ graph: current.graph, selected: current.selected, built: stored, existing });
    board.show(current.graph, current.selected);
    await book.open(now, selected, changes.stale);
    for (const [id, rows] of await countRows(now, selected)) board.set(id, { rows });
    this.#tell(current, changes);
    if (changes.stale.size === 0 && !sameBuilt(stored, models.built)) await this.#store(models.built);
    this.#adopted = current;
    options.log.debug({ models: current.selected.size }, 'following');
  }

  /** A view goes when somebody else, such as the dataemon of another selector, replaces a table that it reads. */
  async #lostViews(current: CurrentPackage): Promise<string[]> {
    const views = modelsOf(current, current.selected).filter(({ materialized }) => materialized === 'view');
    if (views.length === 0) return [];
    const existing = await existingModels(await this.parts.session(), views);
    return views.map(({ id }) => id).filter((id) => !existing.has(id));
  }

  get isRebuilding(): boolean {
    return this.#rebuild !== undefined;
  }

  /** Waits for the rebuild that is under way, if there is one, and takes over what it has brought. */
  async settle(): Promise<void> {
    const rebuild = this.#rebuild;
    if (rebuild === undefined) return;
    const { current, run, inputs } = rebuild;
    try {
      const finished = await rebuild.finished;
      this.#rebuild = undefined;
      await this.#takeOver(current, run, inputs, finished);
    } catch (error) {
      if (this.#rebuild === undefined) throw error;
      this.#rebuild = undefined;
      throw this.#rebuildFailed(rebuild, error);
    }
  }

  /** It has come to no result: its models are tried again after growing pauses. */
  #rebuildFailed({ run, inputs, startedAt }: Rebuild, thrown: unknown): unknown {
    const { options, models } = this.parts;
    const error = asSyncError(thrown);
    const durationMs = options.clock.now() - startedAt;
    const results = run.models.map((id) => ({
      ...{ id, name: id, status: 'failed' as const, rowsAffected: null, startedAt: null, durationMs },
      error: messageOf(error),
    }));
    models.finish({ run, results, inputs, unfinished: new Set(), durationMs }, options.clock.now());
    return error;
  }

  async #run(current: CurrentPackage): Promise<void> {
    const { options, models, runner, reader, session, moveTo } = this.parts;
    // While changes keep coming, at most half of the time goes into runs.
    await options.clock.sleep(this.#pauseMs);
    const inputs = await reader.read(current);
    const run: Run | undefined = inputs && models.next(inputs, options.clock.now());
    if (inputs === undefined || run === undefined) return;
    if (run.kind === 'full-refresh') return this.#beginRebuild(current, run, inputs);
    moveTo('increment');
    const finished = await runner.run(await session(), current, run).catch((error: unknown) => {
      throw asSyncError(error);
    });
    await this.#takeOver(current, run, inputs, finished);
  }

  async #beginRebuild(current: CurrentPackage, run: Run, inputs: InputState): Promise<void> {
    const { options, runner, session, moveTo, wake, whileLocked } = this.parts;
    // Now, because dbt is busy afterwards.
    await this.#prepare(current);
    moveTo('rebuild');
    const now = await session();
    const finished = whileLocked(() => runner.run(now, current, run));
    const startedAt = options.clock.now();
    const rebuild: Rebuild = { run, inputs, current, finished, startedAt, hasEnded: false };
    const end = () => {
      rebuild.hasEnded = true;
      wake();
    };
    // How it has ended is met in `settle`.
    finished.then(end, end);
    this.#rebuild = rebuild;
  }

  /** Has the increments of what stands planned before they are needed. */
  async #prepare(current: CurrentPackage): Promise<void> {
    const { models, runner } = this.parts;
    const standing = [...current.selected].filter((id) => !models.stale.has(id));
    await runner.prepare(current, standing);
  }

  /** Brings on what the rebuild has nothing to do with. */
  async #besideRebuild({ current }: Rebuild): Promise<number> {
    const { options, models, runner, reader, book, session } = this.parts;
    const inputs = await reader.read(current);
    const now = options.clock.now();
    const behind = inputs && models.nextIncrement(inputs, now);
    if (inputs === undefined || behind === undefined) {
      const due = await book.write(await session());
      return Math.min(options.intervalMs, (due ?? Infinity) - now);
    }
    await options.clock.sleep(this.#pauseMs);
    const finished = await runner.runBeside(current, behind.models);
    const done = finished.results.map(({ id }) => id);
    if (done.length === 0) return options.intervalMs;
    await this.#takeOver(current, { kind: 'increment', models: done }, inputs, finished);
    return 0;
  }

  async #takeOver(current: CurrentPackage, run: Run, inputs: InputState, finished: FinishedRun): Promise<void> {
    const { options, models, runner, session, onRun } = this.parts;
    const { results, durationMs } = finished;
    if (run.kind === 'increment') this.#pauseMs = Math.min(longestPauseMs, Math.max(leastPauseMs, durationMs));
    const unfinished = await runner.unfinished(session, current, results, inputs.watermark);
    const before = models.built;
    const { interrupted } = models.finish({ run, results, inputs, unfinished, durationMs }, options.clock.now());
    if (!sameBuilt(before, models.built)) this.#unsaved = models.built;
    onRun(finished.last);
    if (this.#unsaved !== undefined) await this.#store(this.#unsaved);
    await runner.record(await session(), finished);
    if (interrupted) throw connectionLost(results.find(({ error }) => isConnectionLoss(error))?.error ?? '');
  }

  async #store(built: BuiltModels): Promise<void> {
    const { options, session } = this.parts;
    await writeBuilt(await session(), this.#place, describeSource(options.package), built);
    this.#unsaved = undefined;
  }

  #tell({ graph, selected }: CurrentPackage, { added, changed, removed, stale }: PackageChanges): void {
    const { log, batchOrder, batchSize } = this.parts.options;
    const names = (ids: Iterable<string>) => [...ids].map((id) => graph.get(id)?.name ?? id);
    if (stale.size > 0) {
      const why = Object.fromEntries([...changed].map(([id, parts]) => [graph.get(id)?.name ?? id, parts.join(', ')]));
      log.info({ new: names(added), changed: why, build: names(stale) }, 'models have to be built');
    }
    if (batchOrder === 'newest' && batchSize > 0) {
      const inOrder = [...selected].filter((id) => graph.get(id)?.takesAnyOrder === false);
      if (inOrder.length > 0)
        log.info({ models: names(inOrder) }, 'models that fill from the oldest documents on, after what they read');
    }
    if (removed.length > 0) log.warn({ removed }, 'models are no longer in the package; their tables are left alone');
  }
}

/** What dbt says when it could not run at all: no connection, or a hook that fails before the models. */
function asSyncError(error: unknown): unknown {
  if (!(error instanceof DbtError)) return error;
  if (isConnectionLoss(error.message)) return connectionLost(error.message);
  return new SyncError('MODEL_FAILED', `dbt could not run the models: ${error.message}`, {
    remedy: 'Correct what the message names: a hook of the package, or a right of the PostgreSQL user.',
    passing: true,
    cause: error,
  });
}

function connectionLost(words: string): SyncError {
  return new SyncError('POSTGRES_UNREACHABLE', `dbt's connection to PostgreSQL was lost: ${words}`, {
    remedy: 'Check that PostgreSQL runs and accepts connections from here; it is tried again.',
    passing: true,
  });
}
