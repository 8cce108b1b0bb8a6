import type { Log } from '../../lib/index.js';
import { readBy, withDescendants, type Model, type ModelGraph } from '../manifest/graph.js';
import { DbtError, type Engine, type LoadedProject, type NodeResult, type OnProgress } from './engine.js';
import type { InstalledPackage, RunRequest, Selection } from './engine.js';
import type { Plan } from './plan.js';
import type { ExpectedRelation, PlanExecutor, PlannedModel } from './plan-executor.js';
import type { WorkerEngine } from './worker-engine.js';

/**
 * Carries increments out by the plans of the package where it gives any, and has dbt do all else. What stands below a model
 * that dbt does is left to dbt, too.
 */
export class PlanEngine implements Engine {
  /** By project and id; null of a model that has none. */
  readonly #plans = new Map<string, Map<string, Plan | null>>();

  constructor(
    private readonly dbt: WorkerEngine,
    private readonly executor: PlanExecutor,
    private readonly log: Log,
  ) {}

  install(project: string): Promise<readonly InstalledPackage[]> {
    return this.dbt.install(project);
  }

  load(project: string, selection: Selection): Promise<LoadedProject> {
    this.#plans.delete(project);
    return this.dbt.load(project, selection);
  }

  unload(project: string): Promise<void> {
    this.#plans.delete(project);
    return this.dbt.unload(project);
  }

  async prepare(request: Omit<RunRequest, 'kind'>): Promise<void> {
    await this.#plan(request);
  }

  async run(request: RunRequest, onProgress: OnProgress): Promise<readonly NodeResult[]> {
    if (request.kind !== 'increment') {
      // A table that is made anew may have other columns.
      const forget = () => request.models.forEach((id) => this.#plans.get(request.project)?.delete(id));
      forget();
      return this.dbt.run(request, onProgress).finally(forget);
    }
    await this.#plan(request);
    const done = await this.runBeside(request);
    const doneIds = new Set(done.map(({ id }) => id));
    const skipped = withDescendants(
      request.graph,
      done.filter(({ status }) => status === 'skipped').map(({ id }) => id),
    );
    const left = request.models.filter((id) => !doneIds.has(id) && !skipped.has(id));
    if (left.length === 0) return done;
    return [...done, ...(await this.dbt.run({ ...request, models: left }, onProgress))];
  }

  runBeside(request: Omit<RunRequest, 'kind'>): Promise<readonly NodeResult[]> {
    return this.executor.run(request.graph, this.#planned(request), request.timeoutMs);
  }

  async stop(): Promise<void> {
    await Promise.all([this.executor.stop(), this.dbt.stop()]);
  }

  /** What has a plan and stands below nothing that has none, those that are read before those that read them. */
  #planned({ project, graph, models, relations }: Omit<RunRequest, 'kind'>): PlannedModel[] {
    const plans = this.#plans.get(project);
    const byDbt = models.filter((id) => (plans?.get(id) ?? null) === null);
    const belowDbt = withDescendants(graph, byDbt);
    const planned: PlannedModel[] = [];
    for (const model of inOrder(graph, models)) {
      const plan = plans?.get(model.id) ?? null;
      if (plan === null || belowDbt.has(model.id)) continue;
      planned.push({ model, plan, relations: relations === undefined ? [] : relationsOf(graph, model, relations) });
    }
    return planned;
  }

  /** Asks for the plans that are not known yet. */
  async #plan(request: Omit<RunRequest, 'kind'>): Promise<void> {
    const { project, graph } = request;
    const plans = this.#plans.get(project) ?? new Map<string, Plan | null>();
    this.#plans.set(project, plans);
    const unknown = request.models.filter((id) => graph.get(id)?.plannable === true && !plans.has(id));
    if (unknown.length === 0) return;
    try {
      const made = await this.dbt.plan({ ...request, models: unknown });
      for (const id of unknown) plans.set(id, made.get(id) ?? null);
    } catch (error) {
      if (!(error instanceof DbtError)) throw error;
      this.log.debug({ error: error.message }, 'the package gives no plans: dbt carries all increments out');
      for (const id of unknown) plans.set(id, null);
    }
    const without = unknown.filter((id) => plans.get(id) === null);
    this.log.debug({ planned: unknown.length - without.length, without }, 'planned the increments');
  }
}

/** What a model is and what it reads, as it has to be. */
function relationsOf(graph: ModelGraph, model: Model, relations: ReadonlyMap<string, string>): ExpectedRelation[] {
  const expected: ExpectedRelation[] = [];
  for (const id of [model.id, ...readBy(graph, model.id)]) {
    const [named, oid] = [graph.get(id), relations.get(id)];
    // Of `raw_sql` none is known.
    if (named !== undefined && oid !== '') expected.push({ schema: named.schema, name: named.alias, oid: oid ?? null });
  }
  return expected;
}

/** Those that are read before those that read them, also where others stand between. */
function inOrder(graph: ModelGraph, ids: readonly string[]): Model[] {
  const wanted = new Set(ids);
  const visited = new Set<string>();
  const ordered: Model[] = [];
  const visit = (id: string) => {
    const model = graph.get(id);
    if (model === undefined || visited.has(id)) return;
    visited.add(id);
    model.parents.forEach(visit);
    if (wanted.has(id)) ordered.push(model);
  };
  ids.forEach(visit);
  return ordered;
}
