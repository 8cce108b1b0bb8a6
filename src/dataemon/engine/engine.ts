import type { RunKind } from '../planner/decide.js';
import type { ModelGraph } from '../manifest/graph.js';
import type { Manifest } from '../manifest/manifest.js';

/** Which models of a project are meant: a selector of its selectors.yml, or dbt's `--select`; neither means all. */
export type Selection = { readonly selector: string } | { readonly select: string[] };

/** A package that is installed in a project. */
export interface InstalledPackage {
  readonly folder: string;
  /** The names in its selectors.yml. */
  readonly selectors: readonly string[];
}

/** A project as the engine has understood it. */
export interface LoadedProject {
  readonly manifest: Manifest;
  /** The models of the selection, by unique id, ephemeral ones too. */
  readonly selected: readonly string[];
}

/** What to run. */
export interface RunRequest {
  /** The folder of a project that has been loaded. */
  readonly project: string;
  readonly graph: ModelGraph;
  /** The ids of what runs, exactly. */
  readonly models: readonly string[];
  /** `first-batch`: the tables are not there yet, and are made of the first batch only. */
  readonly kind: RunKind | 'first-batch';
  /** After so many milliseconds the run is stopped. */
  readonly timeoutMs: number;
  /**
   * Of models of a package that was replaced: the relations, by id, that they and what they read have to be. Those that are others by
   * now are skipped; and nothing is done that is not the models', as by hooks of the project.
   */
  readonly relations?: ReadonlyMap<string, string>;
}

/** How one model, or hook, of a run has ended. */
export interface NodeResult {
  /** dbt's unique id: `model.<package>.<name>`, or `operation...` for a hook. */
  readonly id: string;
  readonly name: string;
  readonly status: 'ok' | 'failed' | 'skipped';
  /** PostgreSQL's count of the rows of the last statement; null when it gave none. */
  readonly rowsAffected: number | null;
  readonly startedAt: Date | null;
  readonly durationMs: number;
  /** dbt's words, when it failed. */
  readonly error: string | null;
}

/** Told while a run goes on. `built`: it has ended well, and is committed. */
export type OnProgress = (node: string, progress: 'started' | 'built' | 'finished') => void;

/**
 * What runs models. It does one thing at a time, save for `runBeside`. Besides what is named below, every method may throw SyncError
 * DBT_WORKER_FAILED; the next call then starts afresh.
 */
export interface Engine {
  /**
   * Fetches the packages of a project.
   *
   * @throws DbtError when they cannot be had.
   */
  install(project: string): Promise<readonly InstalledPackage[]>;
  /**
   * Parses a project and keeps it ready for `run`, beside those loaded before.
   *
   * @throws DbtError when it is not right.
   */
  load(project: string, selection: Selection): Promise<LoadedProject>;
  /** Forgets a project. */
  unload(project: string): Promise<void>;
  /** Gets ready to bring models on; costs nothing when it is. */
  prepare(request: Omit<RunRequest, 'kind'>): Promise<void>;
  /**
   * Runs models; that some fail is a result.
   *
   * @throws DbtError when it could not run at all.
   */
  run(request: RunRequest, onProgress: OnProgress): Promise<readonly NodeResult[]>;
  /**
   * Brings on, while `run` has dbt rebuild other models, those of which it is able without dbt; tells of these only.
   *
   * @throws SyncError POSTGRES_*.
   */
  runBeside(request: Omit<RunRequest, 'kind'>): Promise<readonly NodeResult[]>;
  /** Stops what is under way, also in PostgreSQL, and the engine. */
  stop(): Promise<void>;
}

/** dbt refused to do something; the message is its own. */
export class DbtError extends Error {
  override readonly name = 'DbtError';
}
