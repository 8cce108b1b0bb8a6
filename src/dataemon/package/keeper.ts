import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { Backoff, messageOf, SyncError, type Clock, type Log } from '../../lib/index.js';
import type { Engine, LoadedProject, Selection } from '../engine/engine.js';
import { graphOf, type ModelGraph } from '../manifest/graph.js';
import { ProjectFolders, asksForPackages, type Installed, type ParsedProject } from './project-folder.js';
import { askForBundled, brokenPackage, emptySelection } from './package-broken.js';
import { isFixed, revisionOf } from './revision.js';
import { selectionFor } from './selection.js';
import { baseModelsOf } from './stand-in.js';
import { describeSource, sourceKey, type PackageSource } from './source.js';

/** A package that is installed and parsed: its models can be run. */
export interface ReadyPackage {
  /** The folder of the project it is installed in. */
  readonly project: string;
  readonly graph: ModelGraph;
  /** The models of it to keep up to date. */
  readonly selected: ReadonlySet<string>;
}

/** What the keeper works with. */
export interface PackageKeeperOptions {
  readonly source: PackageSource;
  readonly selector: string | undefined;
  readonly folders: ProjectFolders;
  readonly engine: Engine;
  /** The environment for git. */
  readonly environment: () => Readonly<Record<string, string>>;
  /** Called before a package is fetched and parsed. */
  readonly onInstall: () => void;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: () => number;
}

/** How often a repository or a download is asked whether it has changed: no network at each loop. */
const recheckMs = 5 * 60_000;
/** How often a folder is looked at, at most. */
const lookMs = 1_000;

/** A package that was in use before. */
interface Predecessor {
  readonly parsed: ParsedProject;
  readonly ready: ReadyPackage;
}

/**
 * Installs the package, notices that it has changed, and keeps the last good one in use until the new one parses; and beside
 * that as long as its models are needed.
 */
export class PackageKeeper {
  #current: ReadyPackage | undefined;
  #installed: Installed | undefined;
  /** The newest first. */
  #predecessors: readonly Predecessor[] = [];
  #started = false;
  #tried: string | undefined;
  #problem: SyncError | undefined;
  #nextCheck = 0;
  #nextTry = 0;
  readonly #backoff: Backoff;

  constructor(private readonly options: PackageKeeperOptions) {
    this.#backoff = new Backoff({ firstMs: 5_000, longestMs: recheckMs, random: options.random });
  }

  get current(): ReadyPackage | undefined {
    return this.#current;
  }

  /** The packages that were in use before, until `retain` lets go of them: the newest first. */
  get predecessors(): readonly ReadyPackage[] {
    return this.#predecessors.map(({ ready }) => ready);
  }

  /** Why the package is not, or not in its newest form, in use. */
  get problem(): SyncError | undefined {
    return this.#problem;
  }

  /**
   * Looks whether the package has to be installed or has changed, and does it. A folder is looked at once a second at most,
   * what is on the network every few minutes.
   *
   * @returns whether `current` is another one now.
   * @throws SyncError DBT_WORKER_FAILED.
   */
  async check(): Promise<boolean> {
    const { source, clock } = this.options;
    const resumed = !this.#started && (await this.#resume());
    if (clock.now() < this.#nextCheck) return resumed;
    let revision: string | undefined;
    try {
      revision = await revisionOf(source, { environment: this.options.environment() });
    } catch (cause) {
      this.#unreachable(cause);
      return resumed;
    }
    this.#nextCheck = clock.now() + (isFolder(source) ? lookMs : recheckMs);
    const first = !this.#started;
    this.#started = true;
    if (this.#isInUse(revision, first)) {
      this.#solved();
      return resumed;
    }
    const again = revision !== undefined && revision === this.#tried;
    if (again && clock.now() < this.#nextTry) return resumed;
    this.#tried = revision;
    return (await this.#install(revision)) || resumed;
  }

  /**
   * Lets go of all predecessors but these, which are still needed.
   *
   * @returns whether there were any.
   * @throws SyncError DBT_WORKER_FAILED.
   */
  async retain(these: ReadonlySet<ReadyPackage>): Promise<boolean> {
    const { folders, engine } = this.options;
    const needed = this.#predecessors.filter(({ ready }) => these.has(ready));
    const others = this.#predecessors.filter(({ ready }) => !these.has(ready));
    if (others.length === 0 || this.#installed === undefined) return false;
    this.#predecessors = needed;
    this.#installed = { ...this.#installed, predecessors: needed.map(({ parsed }) => parsed) };
    await folders.use(this.#installed);
    for (const { ready } of others) await engine.unload(ready.project);
    return true;
  }

  /** Begins with what an earlier start has installed, be it from another source: its tables stand, and it is known to work. */
  async #resume(): Promise<boolean> {
    const { folders, source } = this.options;
    if (this.#current !== undefined) return false;
    const installed = await folders.installed();
    if (installed === undefined) return false;
    const isOfSource = installed.source === sourceKey(source);
    const current = await this.#load(installed, isOfSource ? 'needed' : 'not needed');
    if (current === undefined) return false;
    this.#current = current;
    this.#installed = installed;
    for (const parsed of installed.predecessors) {
      const ready = await this.#load(parsed, 'not needed');
      if (ready !== undefined) this.#predecessors = [...this.#predecessors, { parsed, ready }];
    }
    return true;
  }

  /** Undefined when it cannot be used any more, or dbt fails of one that is not needed. */
  async #load(
    { folder, selection }: ParsedProject,
    necessity: 'needed' | 'not needed',
  ): Promise<ReadyPackage | undefined> {
    const { folders, engine, log } = this.options;
    try {
      await folders.refresh(folder);
      const project = folders.path(folder);
      return this.#ready(project, await engine.load(project, selection), selection);
    } catch (error) {
      const isOfPackage = !(error instanceof SyncError) || error.code === 'PACKAGE_BROKEN';
      if (!isOfPackage && necessity === 'needed') throw error;
      log.debug({ error: messageOf(error) }, 'a package installed earlier cannot be used');
      return undefined;
    }
  }

  #isInUse(revision: string | undefined, first: boolean): boolean {
    const { source } = this.options;
    if (this.#current === undefined || this.#installed?.source !== sourceKey(source)) return false;
    if (isFixed(source) && !first) return true;
    // What cannot tell its revision is fetched at the start only.
    if (revision === undefined) return !first;
    if (revision !== this.#installed.revision) return false;
    return !(first && this.#installed.asksForPackages);
  }

  async #install(revision: string | undefined): Promise<boolean> {
    const { folders, engine, source, selector, onInstall, log, clock } = this.options;
    onInstall();
    const folder = `package-${createHash('sha256').update(`${revision}${clock.now()}`).digest('hex').slice(0, 12)}`;
    const project = folders.path(folder);
    try {
      await folders.create(folder, source);
      const packages = await engine.install(project);
      const baseModels = baseModelsOf(packages);
      if (baseModels === 'bundled') await folders.addStandIn(folder);
      const selection = await selectionFor(selector, project, packages);
      const loaded = await engine.load(project, selection);
      const predecessors = this.#withCurrent();
      const installed: Installed = {
        ...{ folder, selection, source: sourceKey(source), predecessors: predecessors.map(({ parsed }) => parsed) },
        asksForPackages: packages.some((installedPackage) => asksForPackages(installedPackage.folder)),
        ...(revision === undefined ? {} : { revision }),
      };
      const ready = this.#ready(project, loaded, selection);
      await folders.use(installed);
      this.#current = ready;
      this.#installed = installed;
      this.#predecessors = predecessors;
      this.#solved();
      log.info({ package: describeSource(source), models: ready.selected.size }, 'the dbt package is installed');
      if (baseModels === 'of-v2')
        log.warn({ remedy: askForBundled }, 'the base models are those of medic/cht-pipeline v2');
      return true;
    } catch (error) {
      await rm(project, { recursive: true, force: true });
      if (error instanceof SyncError && error.code !== 'PACKAGE_BROKEN') throw error;
      this.#nextTry = clock.now() + this.#backoff.next();
      this.#nextCheck = Math.min(this.#nextCheck, this.#nextTry);
      this.#failed(error instanceof SyncError ? error : brokenPackage(source, messageOf(error), error));
      return false;
    }
  }

  /** The predecessors of the package to come. */
  #withCurrent(): readonly Predecessor[] {
    if (this.#current === undefined || this.#installed === undefined) return [];
    const { folder, selection } = this.#installed;
    return [{ parsed: { folder, selection }, ready: this.#current }, ...this.#predecessors];
  }

  #ready(project: string, { manifest, selected }: LoadedProject, selection: Selection): ReadyPackage {
    const { source, selector } = this.options;
    const graph = graphOf(manifest);
    const models = new Set(selected.filter((id) => graph.has(id)));
    if (models.size === 0) throw emptySelection(source, selector, selection);
    return { project, graph, selected: models };
  }

  #unreachable(cause: unknown): void {
    const { source, clock } = this.options;
    this.#nextCheck = clock.now() + (isFolder(source) ? lookMs : this.#backoff.next());
    this.#failed(brokenPackage(source, messageOf(cause), cause));
  }

  #failed(problem: SyncError): void {
    if (this.#problem?.message === problem.message) return;
    this.#problem = problem;
    const goesOn = this.#current !== undefined;
    const told = { code: problem.code, error: problem.message, remedy: problem.remedy };
    this.options.log.error(told, goesOn ? 'the package installed before stays in use' : 'there is no package to run');
  }

  #solved(): void {
    this.#backoff.reset();
    if (this.#problem !== undefined) this.options.log.info('the dbt package is in order again');
    this.#problem = undefined;
  }
}

function isFolder({ kind }: PackageSource): boolean {
  return kind === 'local' || kind === 'bundled';
}
