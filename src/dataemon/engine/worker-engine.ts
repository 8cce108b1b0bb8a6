import { join } from 'node:path';
import { z } from 'zod';
import type { Log } from '../../lib/index.js';
import {
  DbtError,
  type Engine,
  type InstalledPackage,
  type LoadedProject,
  type NodeResult,
  type OnProgress,
  type RunRequest,
  type Selection,
} from './engine.js';
import type { ModelGraph } from '../manifest/graph.js';
import type { Plan } from './plan.js';
import { depsSchema, loadSchema, planSchema, runSchema } from './protocol.js';
import { WorkerProcess } from './worker-process.js';

/** How the engine works. */
export interface WorkerEngineOptions {
  readonly python: string;
  /** The folder with worker.py. */
  readonly projectFolder: string;
  /** The worker's environment, asked for at each start. */
  readonly environment: () => Readonly<Record<string, string>>;
  readonly threads: number;
  readonly batchSize: number;
  /** The folder in each project that dbt writes to; not to be shared by two workers. Default: target. */
  readonly target?: string;
  /** A worker that has grown over so many bytes is replaced between two runs; one cannot grow over twice as many. */
  readonly memoryLimitBytes?: number;
  readonly log: Log;
}

/** Steady use measured 135 to 141 MB; a package of many models takes more. */
const memoryLimitBytes = 1024 ** 3;
/** Fetching over a slow line. */
const installTimeoutMs = 10 * 60_000;
const loadTimeoutMs = 5 * 60_000;

/**
 * dbt in a resident Python process, which is started when first needed, and again when it has died, hung or grown; a new
 * one is given the projects its predecessor had loaded.
 */
export class WorkerEngine implements Engine {
  #worker: WorkerProcess | undefined;
  #stopping: Promise<void> | undefined;
  readonly #projects = new Map<string, Selection>();
  #loaded = new Set<string>();

  constructor(private readonly options: WorkerEngineOptions) {}

  /** The process id of the worker, when there is one. */
  get pid(): number | undefined {
    return this.#worker?.alive === true ? this.#worker.pid : undefined;
  }

  async install(project: string): Promise<readonly InstalledPackage[]> {
    const worker = await this.#ready();
    return depsSchema.parse(await worker.request('deps', { project }, installTimeoutMs)).packages;
  }

  async load(project: string, selection: Selection): Promise<LoadedProject> {
    const worker = await this.#ready();
    const loaded = await this.#load(worker, project, selection);
    this.#projects.set(project, selection);
    return loaded;
  }

  async unload(project: string): Promise<void> {
    this.#projects.delete(project);
    if (!this.#loaded.delete(project) || this.#worker?.alive !== true) return;
    await this.#worker.request('unload', { project }, loadTimeoutMs);
  }

  /** It is warm from the load on. */
  prepare(): Promise<void> {
    return Promise.resolve();
  }

  async run(request: RunRequest, onProgress: OnProgress): Promise<readonly NodeResult[]> {
    const { kind, timeoutMs, relations } = request;
    const worker = await this.#readyFor(request.project);
    // What the hooks of a package before make, those of the package of now have made by now.
    const hooks = relations === undefined ? 'all' : 'of cht_pipeline';
    const parameters = { ...this.#parameters(request), fullRefresh: kind === 'full-refresh', hooks };
    return nodesOf(request.project, await worker.request('run', parameters, timeoutMs, onProgress));
  }

  runBeside(): Promise<readonly NodeResult[]> {
    return Promise.resolve([]);
  }

  /**
   * The plans of those models that have one, by id: their increments need no dbt.
   *
   * @throws DbtError when the package gives none, or of another version's form.
   */
  async plan(request: Omit<RunRequest, 'kind'>): Promise<ReadonlyMap<string, Plan>> {
    const worker = await this.#readyFor(request.project);
    const parameters = { ...this.#parameters(request), plannable: request.models };
    const answer = planSchema.safeParse(await worker.request('plan', parameters, request.timeoutMs));
    if (!answer.success) throw new DbtError(`plans of another form: ${z.prettifyError(answer.error)}`);
    return new Map(Object.entries(answer.data.plans));
  }

  /**
   * Runs data tests; that some fail is a result.
   *
   * @param select - dbt's words for which; empty for all.
   * @throws DbtError when it could not run them at all.
   */
  async test(project: string, select: readonly string[], timeoutMs: number): Promise<readonly NodeResult[]> {
    const worker = await this.#readyFor(project);
    const parameters = { ...this.#common(project), select };
    return nodesOf(project, await worker.request('test', parameters, timeoutMs));
  }

  async stop(): Promise<void> {
    this.#stopping = this.#worker?.kill();
    await this.#stopping;
  }

  #parameters({ project, graph, models }: Omit<RunRequest, 'kind'>): Readonly<Record<string, unknown>> {
    return { ...this.#common(project), select: models.map((id) => selectorOf(graph, id)) };
  }

  #common(project: string): Readonly<Record<string, unknown>> {
    const { threads, target } = this.options;
    return { project, threads, vars: this.#variables(), ...(target === undefined ? {} : { target }) };
  }

  /** The worker, with a project loaded. */
  async #readyFor(project: string): Promise<WorkerProcess> {
    const worker = await this.#ready();
    const selection = this.#projects.get(project);
    if (selection !== undefined && !this.#loaded.has(project)) await this.#load(worker, project, selection);
    return worker;
  }

  async #ready(): Promise<WorkerProcess> {
    await this.#stopping;
    const { memoryLimitBytes: limit = memoryLimitBytes, log } = this.options;
    if (this.#worker?.alive === true) {
      if (this.#worker.memory <= limit) return this.#worker;
      log.info({ memory: this.#worker.memory }, "dbt's worker has grown too large; it is replaced");
      await this.#worker.kill();
    }
    const { python, projectFolder, environment } = this.options;
    this.#loaded = new Set();
    this.#worker = new WorkerProcess({
      python,
      script: join(projectFolder, 'worker.py'),
      environment: { ...environment(), CHT_SYNC_WORKER_MEMORY: String(2 * limit) },
    });
    return this.#worker;
  }

  async #load(worker: WorkerProcess, project: string, selection: Selection): Promise<LoadedProject> {
    const parameters = { ...this.#common(project), ...selection };
    const { selected, ...manifest } = loadSchema.parse(await worker.request('load', parameters, loadTimeoutMs));
    this.#loaded.add(project);
    return { manifest, selected };
  }

  /** Packages take `var('batch_size')` as "no limit" when it is not given. */
  #variables(): Readonly<Record<string, unknown>> {
    return this.options.batchSize > 0 ? { batch_size: this.options.batchSize } : {};
  }
}

/** dbt names the files with compiled SQL from the folder of the project; who is told of them knows no such folder. */
function nodesOf(project: string, answer: unknown): readonly NodeResult[] {
  return runSchema.parse(answer).nodes.map(({ error, ...node }) => ({
    ...node,
    error: error?.replaceAll(/(compiled code at )(?!\/)/g, (words) => `${words}${project}/`) ?? null,
  }));
}

/** A model in the words of dbt's `--select`. */
export function selectorOf(graph: ModelGraph, id: string): string {
  return `fqn:${graph.get(id)?.fqn.join('.') ?? id}`;
}
