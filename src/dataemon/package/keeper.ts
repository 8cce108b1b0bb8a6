import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { Backoff, messageOf, SyncError, type Clock, type Log } from '../../lib/index.js';
import type { Engine, LoadedProject, Selection } from '../engine/engine.js';
import { graphOf, type ModelGraph } from '../manifest/graph.js';
import { ProjectFolders, asksForPackages, type Installed } from './project-folder.js';
import { isFixed, revisionOf } from './revision.js';
import { selectionFor } from './selection.js';
import { baseModelsOf } from './stand-in.js';
import { describeSource, optionOf, sourceKey, withoutCredentials, type PackageSource } from './source.js';

/** The package whose models are kept up to date. */
export interface CurrentPackage {
  /** The folder of the project it is installed in. */
  readonly project: string;
  readonly graph: ModelGraph;
  /** The models to keep up to date. */
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

/** To a package that asks for medic/cht-pipeline. */
const askForBundled =
  'In packages.yml, `- local: cht_pipeline` instead of medic/cht-pipeline asks for the models that CHT Sync brings.';

/**
 * Installs the package, notices that it has changed, and keeps the last good one in use until the new one parses.
 */
export class PackageKeeper {
  #current: CurrentPackage | undefined;
  #installed: Installed | undefined;
  #started = false;
  #tried: string | undefined;
  #problem: SyncError | undefined;
  #nextCheck = 0;
  #nextTry = 0;
  readonly #backoff: Backoff;

  constructor(private readonly options: PackageKeeperOptions) {
    this.#backoff = new Backoff({ firstMs: 5_000, longestMs: recheckMs, random: options.random });
  }

  get current(): CurrentPackage | undefined {
    return this.#current;
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

  /** Begins with what an earlier start has installed. */
  async #resume(): Promise<boolean> {
    const { folders, engine, source, log } = this.options;
    if (this.#current !== undefined) return false;
    const installed = await folders.installed();
    if (installed?.source !== sourceKey(source)) return false;
    try {
      await folders.refresh(installed.folder);
      const project = folders.path(installed.folder);
      this.#use(project, await engine.load(project, installed.selection), installed);
      return true;
    } catch (error) {
      if (error instanceof SyncError) throw error;
      log.debug({ error: messageOf(error) }, 'the package installed earlier cannot be used');
      return false;
    }
  }

  #isInUse(revision: string | undefined, first: boolean): boolean {
    const { source } = this.options;
    if (this.#current === undefined || this.#installed === undefined) return false;
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
      const previous = this.#current;
      const installed: Installed = {
        folder,
        source: sourceKey(source),
        selection,
        asksForPackages: packages.some((installedPackage) => asksForPackages(installedPackage.folder)),
        ...(revision === undefined ? {} : { revision }),
      };
      this.#use(project, loaded, installed);
      await folders.use(installed);
      if (previous !== undefined) await engine.unload(previous.project);
      this.#solved();
      log.info(
        { package: describeSource(source), models: this.#current?.selected.size },
        'the dbt package is installed',
      );
      if (baseModels === 'of-v2')
        log.warn({ remedy: askForBundled }, 'the base models are those of medic/cht-pipeline v2');
      return true;
    } catch (error) {
      await rm(project, { recursive: true, force: true });
      if (error instanceof SyncError && error.code !== 'PACKAGE_BROKEN') throw error;
      this.#nextTry = clock.now() + this.#backoff.next();
      this.#nextCheck = Math.min(this.#nextCheck, this.#nextTry);
      this.#failed(error instanceof SyncError ? error : broken(source, messageOf(error), error));
      return false;
    }
  }

  #use(project: string, { manifest, selected }: LoadedProject, installed: Installed): void {
    const { source, selector } = this.options;
    const graph = graphOf(manifest);
    const models = new Set(selected.filter((id) => graph.has(id)));
    if (models.size === 0) throw emptySelection(source, selector, installed.selection);
    this.#current = { project, graph, selected: models };
    this.#installed = installed;
  }

  #unreachable(cause: unknown): void {
    const { source, clock } = this.options;
    this.#nextCheck = clock.now() + (isFolder(source) ? lookMs : this.#backoff.next());
    this.#failed(broken(source, messageOf(cause), cause));
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

function broken(source: PackageSource, words: string, cause: unknown): SyncError {
  const what = describeSource(source);
  return new SyncError('PACKAGE_BROKEN', `The dbt package (${what}) cannot be used: ${withoutCredentials(words)}`, {
    remedy: `Check ${optionOf(source)} and the files that the message names; it is tried again.${
      words.includes('cht-pipeline') ? ` ${askForBundled}` : ''
    }`,
    passing: true,
    cause,
  });
}

function emptySelection(source: PackageSource, selector: string | undefined, selection: Selection): SyncError {
  const what = describeSource(source);
  if (selector === undefined) {
    return new SyncError('PACKAGE_BROKEN', `The dbt package (${what}) has no models.`, {
      remedy: `Check ${optionOf(source)}.`,
    });
  }
  const kind = 'selector' in selection ? 'selector' : 'selection';
  return new SyncError('PACKAGE_BROKEN', `The ${kind} "${selector}" names no model of the dbt package (${what}).`, {
    remedy: 'Correct DBT_SELECTOR: a name in the selectors.yml of the package, or an expression for `dbt --select`.',
  });
}
