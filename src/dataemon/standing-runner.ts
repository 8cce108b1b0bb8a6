import { existingModels } from './database/relations.js';
import { isConnectionLoss } from './engine/connection-loss.js';
import type { FollowerParts } from './follower.js';
import type { ReadyPackage } from './package/keeper.js';
import type { Run } from './planner/decide.js';
import type { InputState } from './planner/model-state.js';
import { connectionLost } from './run-error.js';

/** A rebuild that is under way, and what stood before it began. */
export interface UnderWay {
  readonly run: Run;
  readonly relations: Relations;
}

/** The relations of packages before: by project, and by id of the model. */
export type Relations = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Brings on, by the packages before, the models that the package of now has not built yet: while they are rebuilt, and while that
 * fails.
 */
export class StandingRunner {
  constructor(
    private readonly parts: Pick<
      FollowerParts,
      'options' | 'packages' | 'standing' | 'runner' | 'reader' | 'session' | 'onRun'
    >,
  ) {}

  /**
   * Brings on what is behind.
   *
   * @param inputs - what the models of now read, when they were last asked for.
   * @param rebuild - that goes on meanwhile.
   * @returns whether there was something.
   * @throws SyncError POSTGRES_*.
   */
  async step(inputs: InputState, rebuild?: UnderWay): Promise<boolean> {
    let isDone = false;
    for (const before of this.parts.packages.predecessors) {
      if (await this.#bringOn(before, inputs, rebuild)) isDone = true;
    }
    return isDone;
  }

  /** What stands now. */
  async relations(): Promise<Relations> {
    const relations = new Map<string, ReadonlyMap<string, string>>();
    for (const before of this.parts.packages.predecessors) {
      relations.set(before.project, await existingModels(await this.parts.session(), [...before.graph.values()]));
    }
    return relations;
  }

  /** Has the increments planned before a rebuild, because dbt is busy then. */
  async prepare(relations: Relations): Promise<void> {
    const { packages, standing, runner } = this.parts;
    for (const before of packages.predecessors) {
      const models = standing.of({ ...before, existing: relations.get(before.project) ?? new Map() });
      await runner.prepare(before, [...models]);
    }
  }

  /**
   * Lets go of packages before of which nothing stands any more.
   *
   * @returns whether there were any.
   * @throws SyncError DBT_WORKER_FAILED.
   */
  async letGo(): Promise<boolean> {
    const { packages, standing } = this.parts;
    const relations = await this.relations();
    return packages.retain(
      (before) => standing.of({ ...before, existing: relations.get(before.project) ?? new Map() }).size > 0,
    );
  }

  async #bringOn(before: ReadyPackage, inputs: InputState, rebuild: UnderWay | undefined): Promise<boolean> {
    const { options, standing, runner, reader, session, onRun } = this.parts;
    const read = await reader.read(before);
    const relations = (rebuild?.relations ?? (await this.relations())).get(before.project);
    if (read === undefined || relations === undefined) return false;
    const known = { ...before, existing: relations, inputs: { ...read, watermark: inputs.watermark } };
    const run = standing.next(known, inputs, options.clock.now(), rebuild && new Set(rebuild.run.models));
    if (run === undefined) return false;
    const finished = await runner.runStanding(before, run, { relations, isBeside: rebuild !== undefined });
    const { results, durationMs } = finished;
    if (results.length === 0) return false;
    const outcome = {
      run: { ...run, models: results.map(({ id }) => id) },
      ...{ results, durationMs, inputs: known.inputs },
      unfinished: await runner.unfinished(session, before, results, inputs.watermark),
    };
    // What makes its table anew in each run has another one now.
    const existing = rebuild === undefined ? (await this.relations()).get(before.project) : undefined;
    const { interrupted } = standing.finish(before, outcome, options.clock.now(), existing);
    onRun(finished.last);
    await runner.record(await session(), finished);
    if (interrupted) throw connectionLost(results.find(({ error }) => isConnectionLoss(error))?.error ?? '');
    return true;
  }
}
