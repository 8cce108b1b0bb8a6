import { messageOf } from '../lib/index.js';
import { existingModels } from './database/relations.js';
import type { FollowerParts } from './follower.js';
import { modelsOf } from './model-runner.js';
import type { ReadyPackage } from './package/keeper.js';
import type { Run } from './planner/decide.js';
import type { InputState } from './planner/model-state.js';
import { interrupted } from './run-error.js';

/** A rebuild that is under way, and what stood before it began. */
export interface UnderWay {
  readonly run: Run;
  readonly relations: Relations;
}

/** The relations of packages before, by id of the model. */
export type Relations = ReadonlyMap<ReadyPackage, ReadonlyMap<string, string>>;

/**
 * Brings on, by the packages before, the models that the package of now has not built yet: while they are rebuilt, and while that
 * fails.
 */
export class StandingRunner {
  /** The relations of each predecessor as they have to be, by id: who else makes one anew, makes it their own. */
  readonly #expected = new WeakMap<ReadyPackage, Map<string, string>>();

  /** @param store - writes down what stands. */
  constructor(
    private readonly parts: Pick<
      FollowerParts,
      'options' | 'packages' | 'models' | 'standing' | 'runner' | 'reader' | 'session' | 'moveTo' | 'onRun'
    >,
    private readonly store: () => Promise<void>,
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

  /**
   * What stands now; of what is to be built anew only relations that are the same as ever.
   *
   * @throws SyncError POSTGRES_*.
   */
  async relations(): Promise<Relations> {
    const relations = new Map<ReadyPackage, ReadonlyMap<string, string>>();
    for (const before of this.parts.packages.predecessors) relations.set(before, await this.#relationsOf(before));
    return relations;
  }

  /** Has the increments planned before a rebuild, because dbt is busy then. That it cannot is no reason not to rebuild. */
  async prepare(relations: Relations): Promise<void> {
    const { options, standing, runner } = this.parts;
    for (const [before, existing] of relations) {
      const models = standing.of({ ...before, existing });
      await runner.prepare(before, [...models]).catch((error: unknown) => {
        options.log.debug({ error: messageOf(error) }, 'the package before cannot be planned');
      });
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
    const relations = [...(await this.relations())];
    const needed = relations.filter(([before, existing]) => standing.of({ ...before, existing }).size > 0);
    return packages.retain(new Set(needed.map(([before]) => before)));
  }

  async #relationsOf(before: ReadyPackage): Promise<ReadonlyMap<string, string>> {
    const { models, session } = this.parts;
    const existing = await existingModels(await session(), [...before.graph.values()]);
    const expected = this.#expected.get(before) ?? new Map(existing);
    for (const [id, relation] of existing) if (!models.stale.has(id)) expected.set(id, relation);
    this.#expected.set(before, expected);
    return new Map([...existing].filter(([id, relation]) => expected.get(id) === relation));
  }

  async #bringOn(before: ReadyPackage, inputs: InputState, rebuild: UnderWay | undefined): Promise<boolean> {
    const { options, standing, runner, reader, session, moveTo, onRun } = this.parts;
    const read = await reader.read(before);
    const relations = rebuild?.relations.get(before) ?? (await this.#relationsOf(before));
    if (read === undefined) return false;
    const known = { ...before, existing: relations, inputs: { ...read, watermark: inputs.watermark } };
    const run = standing.next(known, inputs, options.clock.now(), rebuild && new Set(rebuild.run.models));
    if (run === undefined) return false;
    if (rebuild === undefined) moveTo('increment');
    const ended = await runner.runStanding(before, run, { relations, isBeside: rebuild !== undefined });
    const results = ended.results.filter(({ status }) => status !== 'skipped');
    const ids = results.map(({ id }) => id);
    if (ids.length === 0) return false;
    const outcome = {
      ...{ run: { ...run, models: ids }, results, durationMs: ended.durationMs, inputs: known.inputs },
      unfinished: await runner.unfinished(session, before, results, inputs.watermark),
    };
    const existing = rebuild === undefined ? await this.#replaced(before, ids) : undefined;
    const { interrupted: isInterrupted, isUnsaved } = standing.finish(before, outcome, options.clock.now(), existing);
    if (isUnsaved) await this.store();
    onRun(ended.last);
    await runner.record(await session(), { ...ended, results });
    if (isInterrupted) throw interrupted(results);
    return true;
  }

  /** What makes its table anew in each run has another one now. */
  async #replaced(before: ReadyPackage, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const existing = await existingModels(await this.parts.session(), modelsOf(before, ids));
    const expected = this.#expected.get(before);
    for (const [id, relation] of existing) expected?.set(id, relation);
    return existing;
  }
}
