import {
  readBuiltByOthers,
  readRecord,
  writeBuilt,
  type ManifestPlace,
  type StoredRecord,
} from './database/manifest-store.js';
import { countRows, existingModels, relationSizes } from './database/relations.js';
import type { Session } from './database/session.js';
import type { InputReader } from './input-reader.js';
import type { DataemonEvent } from './life-cycle.js';
import { sameRecord } from './manifest/built-models.js';
import type { ModelBoard } from './model-board.js';
import { modelsOf, type FinishedRun, type ModelRunner } from './model-runner.js';
import type { DataemonOptions } from './options.js';
import type { ReadyPackage, PackageKeeper } from './package/keeper.js';
import { describeSource } from './package/source.js';
import { readOfOthers, type PackageChanges } from './planner/changes.js';
import type { Run } from './planner/decide.js';
import { inFirstBatch } from './planner/first-batch.js';
import { inTurn } from './planner/in-turn.js';
import type { InputState, ModelState } from './planner/model-state.js';
import type { StandingState } from './planner/standing-state.js';
import type { Problems } from './problems.js';
import { cutShort, Rebuild } from './rebuild.js';
import type { RunBook } from './run-book.js';
import { asSyncError, interrupted } from './run-error.js';
import { StandingRunner } from './standing-runner.js';
import type { LastRun } from './status.js';
import type { TestRounds } from './test-rounds.js';
import type { ViewWatch } from './view-watch.js';

/** What the follower works with. */
export interface FollowerParts {
  readonly options: DataemonOptions;
  readonly packages: PackageKeeper;
  readonly problems: Problems;
  readonly models: ModelState;
  readonly standing: StandingState;
  readonly board: ModelBoard;
  readonly book: RunBook;
  readonly tests: TestRounds;
  readonly runner: ModelRunner;
  readonly reader: InputReader;
  readonly views: ViewWatch;
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

/** Follows the table of documents: each step does at most one thing, the one that is due. */
export class Follower {
  readonly #place: ManifestPlace;
  #adopted: ReadyPackage | undefined;
  /** The record of how a rebuild has ended is not written yet: the connection was lost meanwhile. */
  #isUnsaved = false;
  /** When what is stored was written, if it was by this process: what another has written since counts more. */
  #writtenOn: string | undefined;
  #pauseMs = leastPauseMs;
  #rebuild: Rebuild | undefined;
  readonly #standing: StandingRunner;

  constructor(private readonly parts: FollowerParts) {
    this.#standing = new StandingRunner(parts, () => this.#store());
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
    const { options, packages, problems, models, standing, runner, views, book, tests, session, moveTo } = this.parts;
    if (this.#rebuild?.hasEnded === true) await this.settle();
    if (this.#rebuild !== undefined) return this.#besideRebuild(this.#rebuild);
    await packages.check();
    problems.note('package', packages.problem);
    const { current } = packages;
    if (current === undefined) {
      moveTo('pause-after-failure');
      return options.intervalMs;
    }
    if (current !== this.#adopted) await this.#adopt(current);
    const inputs = await this.#readInputs(current);
    if (inputs === undefined) {
      moveTo('await-postgres');
      return options.intervalMs;
    }
    models.lost(await views.lost(await session(), current));
    const now = options.clock.now();
    const next = models.next(inputs, now);
    // Tables that are about to be made anew are no good time for a test.
    const testsDue =
      next?.kind === 'full-refresh' ? undefined : await tests.step(await session(), current, models.stale);
    if (next !== undefined) {
      await this.#run(current);
      return 0;
    }
    if (await this.#bringOnStanding(inputs)) return 0;
    await this.#prepare(current);
    const countDue = await runner.count(await session(), current);
    // Who waits for it to be idle wants to know the rows of now.
    const isWell = packages.problem === undefined && models.failing.size === 0;
    if (countDue === undefined) moveTo(isWell ? 'nothing-to-do' : 'pause-after-failure');
    const due = [
      models.nextDue(now),
      standing.nextDue(now),
      testsDue,
      countDue,
      await book.write(await session()),
    ].filter((at) => at !== undefined);
    return Math.min(options.intervalMs, Math.min(...due) - now);
  }

  async #adopt(current: ReadyPackage): Promise<void> {
    const { options, packages, models, board, book, session } = this.parts;
    const now = await session();
    const { record, ours } = await this.#recall(now);
    const ownModels = modelsOf(current, current.selected);
    const existing = await existingModels(now, ownModels);
    const builtByOthers = await readBuiltByOthers(now, this.#place, [...readOfOthers(current)]);
    const { graph, selected } = current;
    const takeOver = () => models.use({ graph, selected, builtByOthers, record, existing }, packages.predecessors);
    let changes = takeOver();
    while (await this.#standing.letGo()) changes = takeOver();
    board.show(graph, selected);
    board.rest(models.resting);
    await book.open(now, ownModels, changes.stale, models.resting);
    for (const [id, rows] of await countRows(now, ownModels)) board.set(id, { rows });
    const isKept = (id: string) => graph.has(id) || packages.predecessors.some((before) => before.selected.has(id));
    const removed = [...ours.built.keys()].filter((id) => !isKept(id));
    this.#tell(current, changes, removed);
    if (changes.stale.size === 0 && !sameRecord(ours, models.record)) await this.#store();
    this.#adopted = current;
    options.log.debug({ models: current.selected.size }, 'following');
  }

  /** What stands in the database, as it was last stored, or as this process knows better. */
  async #recall(session: Session): Promise<StoredRecord> {
    const stored = await readRecord(session, this.#place);
    if (!this.#isUnsaved || stored.writtenOn !== this.#writtenOn) return stored;
    await this.#store();
    return readRecord(session, this.#place);
  }

  get isRebuilding(): boolean {
    return this.#rebuild !== undefined;
  }

  /** Waits for the rebuild that is under way, if there is one, and takes over what it has brought. */
  async settle(): Promise<void> {
    const rebuild = this.#rebuild;
    if (rebuild === undefined) return;
    const ended = await rebuild.ended;
    this.#rebuild = undefined;
    if ('finished' in ended) return this.#takeOver(rebuild.current, rebuild.run, rebuild.inputs, ended.finished);
    this.parts.models.finish(ended.outcome, this.parts.options.clock.now());
    throw ended.error;
  }

  async #run(current: ReadyPackage): Promise<void> {
    const { options, models, runner, moveTo } = this.parts;
    // While changes keep coming, at most half of the time goes into runs.
    await options.clock.sleep(this.#pauseMs);
    const inputs = await this.#readInputs(current);
    const run: Run | undefined = inputs && models.next(inputs, options.clock.now());
    if (inputs === undefined || run === undefined) return;
    if (run.kind === 'full-refresh') {
      await this.#bringOnStanding(inputs);
      return this.#beginRebuild(current, run, inputs);
    }
    moveTo('increment');
    const startedAt = new Date(options.clock.now());
    const finished = await runner.run(current, run, run.kind).catch((thrown: unknown) => {
      const now = options.clock.now();
      models.finish(cutShort(run, inputs, thrown, startedAt, now), now);
      throw asSyncError(thrown);
    });
    await this.#takeOver(current, run, inputs, finished);
    await this.#bringOnStanding(inputs);
  }

  /** A rebuild that was not tried yet goes first: what an update mends must not hold it up. */
  async #bringOnStanding(inputs: InputState): Promise<boolean> {
    const { models, options } = this.parts;
    const next = models.next(inputs, options.clock.now());
    if (next?.kind === 'full-refresh' && next.models.some((id) => !models.failing.has(id))) return false;
    return this.#stepOfStanding(inputs);
  }

  /** At most half of the time goes into tables that are on their way out, too. */
  async #stepOfStanding(inputs: InputState, rebuild?: Rebuild): Promise<boolean> {
    const { clock } = this.parts.options;
    const began = clock.now();
    const isDone = await this.#standing.step(inputs, rebuild);
    if (isDone) await clock.sleep(pauseAfter(clock.now() - began));
    return isDone;
  }

  async #beginRebuild(current: ReadyPackage, due: Run, inputs: InputState): Promise<void> {
    const { options, models, runner, session, moveTo, wake, whileLocked } = this.parts;
    // Now, because dbt is busy afterwards.
    await this.#prepare(current);
    const relations = await this.#standing.relations();
    await this.#standing.prepare(relations);
    moveTo('rebuild');
    const now = await session();
    const first = inTurn(due, await relationSizes(now, modelsOf(current, due.models)), options.threads);
    const existing = await existingModels(now, modelsOf(current, first.models));
    const { run, kind } = inFirstBatch(first, existing, options.batchSize);
    models.begin(run, existing);
    // Killed meanwhile, nobody could tell else whether the tables of then are the old or the new ones.
    await this.#store();
    this.#rebuild = new Rebuild({
      ...{ run, inputs, current, relations, clock: options.clock },
      work: (onBuilt) => whileLocked(() => runner.run(current, run, kind, onBuilt)),
      onNews: wake,
    });
  }

  /** Has the increments of what stands planned before they are needed. */
  async #prepare(current: ReadyPackage): Promise<void> {
    const { models, runner } = this.parts;
    const standing = [...current.selected].filter((id) => !models.stale.has(id));
    await runner.prepare(current, standing);
  }

  /** Brings on what the rebuild has nothing to do with, and what it is yet to replace. */
  async #besideRebuild(rebuild: Rebuild): Promise<number> {
    const { options, models, book, session } = this.parts;
    const built = rebuild.takeBuilt();
    if (built.length > 0) {
      // After a restart, what was built so far need not be built again.
      models.builtMeanwhile(built, options.clock.now());
      await this.#store();
    }
    const inputs = await this.#readInputs(rebuild.current);
    if (inputs === undefined) return options.intervalMs;
    const behind = models.nextIncrement(inputs, options.clock.now());
    const isDone = behind !== undefined && (await this.#bringOnBeside(rebuild, behind.models, inputs));
    if ((await this.#stepOfStanding(inputs, rebuild)) || isDone) return 0;
    const due = await book.write(await session());
    return Math.min(options.intervalMs, (due ?? Infinity) - options.clock.now());
  }

  /** Only dbt can bring on the others, and is busy. */
  async #bringOnBeside({ current }: Rebuild, ids: readonly string[], inputs: InputState): Promise<boolean> {
    const { options, runner } = this.parts;
    await options.clock.sleep(this.#pauseMs);
    const finished = await runner.runBeside(current, ids);
    const done = finished.results.map(({ id }) => id);
    if (done.length === 0) return false;
    await this.#takeOver(current, { kind: 'increment', models: done }, inputs, finished);
    return true;
  }

  async #takeOver(current: ReadyPackage, run: Run, inputs: InputState, finished: FinishedRun): Promise<void> {
    const { options, models, runner, session, onRun } = this.parts;
    const { results, durationMs } = finished;
    if (run.kind === 'increment') this.#pauseMs = pauseAfter(durationMs);
    const unfinished = await runner.unfinished(session, current, results, inputs.watermark);
    const { interrupted: isInterrupted } = models.finish(
      { run, results, inputs, unfinished, durationMs },
      options.clock.now(),
    );
    if (run.kind === 'full-refresh') this.#isUnsaved = true;
    onRun(finished.last);
    if (this.#isUnsaved) await this.#store();
    await runner.record(await session(), finished);
    if (isInterrupted) throw interrupted(results);
    if (run.kind === 'full-refresh' && (await this.#standing.letGo())) this.#adopted = undefined;
  }

  async #store(): Promise<void> {
    const { options, models, session } = this.parts;
    this.#writtenOn = await writeBuilt(await session(), this.#place, describeSource(options.package), models.record);
    this.#isUnsaved = false;
  }

  /** What the models read, as it is now; what others have made anew of it is taken to heart. */
  async #readInputs(current: ReadyPackage): Promise<InputState | undefined> {
    const { options, models, reader } = this.parts;
    const inputs = await reader.read(current);
    const anew = inputs === undefined ? [] : models.heed(inputs);
    if (anew.length > 0) {
      options.log.info({ models: namesOf(current, anew) }, 'made anew by another dataemon: what reads them follows');
    }
    return inputs;
  }

  #tell(current: ReadyPackage, { added, changed, stale }: PackageChanges, removed: readonly string[]): void {
    const { log, batchOrder, batchSize } = this.parts.options;
    const { graph, selected } = current;
    const names = (ids: Iterable<string>) => namesOf(current, ids);
    if (stale.size > 0) {
      const why = Object.fromEntries([...changed].map(([id, parts]) => [names([id]).join(), parts.join(', ')]));
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

function pauseAfter(durationMs: number): number {
  return Math.min(longestPauseMs, Math.max(leastPauseMs, durationMs));
}

function namesOf({ graph }: ReadyPackage, ids: Iterable<string>): string[] {
  return [...ids].map((id) => graph.get(id)?.name ?? id);
}
