import type { NodeResult } from '../engine/engine.js';
import { isInterrupted } from '../engine/connection-loss.js';
import type { BuiltModel, BuiltModels, BuiltRecord } from '../manifest/built-models.js';
import { withDescendants, type ModelGraph } from '../manifest/graph.js';
import {
  madeAnewByOthers,
  packageChanges,
  type PackageChanges,
  type PackageComparison,
  type SelectedModels,
} from './changes.js';
import { decide, type Run, type Situation } from './decide.js';
import { movesOn } from './moves-on.js';
import { mustWait } from './must-wait.js';
import { rememberBuilt } from './remember.js';
import { Retries } from './retries.js';
import type { Predecessor } from './standing.js';

/** The state of what models read: the table of documents, and models that other dataemons build. */
export interface InputState {
  /** The greatest `saved_timestamp` of the documents. */
  readonly watermark: string;
  /** What changes when others have changed what a model reads of theirs. */
  readonly others: (id: string) => string;
  /** What other dataemons have built of what the models read, so far as they have said so. */
  readonly builtByOthers: BuiltModels;
  /** The models that fill from the newest documents on, and have more to come. */
  readonly filling: ReadonlySet<string>;
}

/** A run that has ended. */
export interface Outcome {
  readonly run: Run;
  readonly results: readonly NodeResult[];
  /** Read before the run began. */
  readonly inputs: InputState;
  /** Models that took no more than a batch, so that there is more to come. */
  readonly unfinished: ReadonlySet<string>;
  readonly durationMs: number;
}

/** How far each model is, and what has to happen to it. It knows no database: all that it is told, it is told. */
export class ModelState {
  #graph: ModelGraph = new Map();
  #selected: ReadonlySet<string> = new Set();
  #builtByOthers: BuiltModels = new Map();
  #built = new Map<string, BuiltModel>();
  #doubtful = new Map<string, string | null>();
  /** Before the rebuild that is under way. */
  #before: Pick<BuiltRecord, 'doubtful'> & { readonly builtByOthers: BuiltModels } = {
    doubtful: new Map(),
    builtByOthers: new Map(),
  };
  #stale = new Set<string>();
  #watermark: string | undefined;
  #lastKind: Run['kind'] | undefined;
  /** `<watermark> <others>` before the last run that went well. */
  readonly #reached = new Map<string, string>();
  readonly #retries: Retries;

  constructor(random: () => number) {
    this.#retries = new Retries(random);
  }

  /** What stands in the database, and how far that is to be relied on. */
  get record(): BuiltRecord {
    return { built: this.#built, doubtful: this.#doubtful };
  }

  /** Those of the package. */
  get models(): SelectedModels {
    return { graph: this.#graph, selected: this.#selected, builtByOthers: this.#builtByOthers };
  }

  get stale(): ReadonlySet<string> {
    return this.#stale;
  }

  /** Models that are well as they stand: they have been built, and do not run when what they read moves on. */
  get resting(): ReadonlySet<string> {
    return new Set([...this.#selected].filter((id) => this.#rests(id)));
  }

  get failing(): ReadonlySet<string> {
    return this.#retries.failing;
  }

  /** The watermark that all selected models have reached; undefined while one has not run. */
  get upToDateWith(): string | undefined {
    const watermarks = [...this.#selected].map((id) =>
      this.#rests(id) ? this.#watermark : this.#reached.get(id)?.split(' ')[0],
    );
    if (watermarks.length === 0 || watermarks.includes(undefined)) return undefined;
    return watermarks.reduce((least, watermark) => ((watermark ?? '') < (least ?? '') ? watermark : least));
  }

  /**
   * Takes over a package, and tells how it differs from what stands in the database.
   *
   * @param before - the packages that were in use before it, and of which tables may stand.
   */
  use(comparison: PackageComparison, before: readonly Predecessor[] = []): PackageChanges {
    const changes = packageChanges(comparison);
    const isAnother = comparison.graph !== this.#graph;
    const isKept = (id: string) => [comparison, ...before].some(({ selected }) => selected.has(id));
    this.#graph = comparison.graph;
    this.#selected = comparison.selected;
    this.#builtByOthers = comparison.builtByOthers;
    this.#stale = new Set(changes.stale);
    this.#built = new Map([...comparison.record.built].filter(([id]) => isKept(id)));
    this.#doubtful = new Map(changes.doubtful);
    if (isAnother) for (const id of this.#retries.failing) this.#retries.forget(id);
    for (const id of this.#reached.keys()) if (!isKept(id)) this.#reached.delete(id);
    return changes;
  }

  /** Models that have gone from the database are built anew. */
  lost(ids: Iterable<string>): void {
    for (const id of ids) this.#stale.add(id);
  }

  /**
   * What other dataemons have made anew since the last look has what is below it built anew, without a pause: whatever was
   * wrong with it may have been wrong with what it read.
   *
   * @returns the ids of what they have made anew.
   */
  heed({ builtByOthers }: Pick<InputState, 'builtByOthers'>): readonly string[] {
    const anew = madeAnewByOthers(this.#graph, this.#builtByOthers, builtByOthers);
    this.#builtByOthers = new Map([...this.#builtByOthers, ...builtByOthers]);
    for (const id of withDescendants(this.#graph, anew)) {
      if (!this.#selected.has(id)) continue;
      this.#stale.add(id);
      this.#retries.forget(id);
    }
    return anew;
  }

  /**
   * Models are about to be made anew: until that has ended well, nobody knows what stands of them.
   *
   * @param existing - their relations, by id.
   */
  begin({ models }: Run, existing: ReadonlyMap<string, string>): void {
    this.#before = { doubtful: new Map(this.#doubtful), builtByOthers: this.#builtByOthers };
    for (const id of models) if (!this.#doubtful.has(id)) this.#doubtful.set(id, existing.get(id) ?? null);
  }

  /** The next run, or undefined when there is nothing to do now. */
  next(inputs: InputState, now: number): Run | undefined {
    this.#watermark = inputs.watermark;
    return decide(this.#situation(inputs, now, this.#lastKind === 'increment'));
  }

  /** The next increment, while the models that are stale are made anew. */
  nextIncrement(inputs: InputState, now: number): Run | undefined {
    const run = decide(this.#situation(inputs, now, false));
    return run?.kind === 'increment' ? run : undefined;
  }

  /** How far each model is, as `targetOf` tells it; those that have more to come are left out. */
  get reached(): ReadonlyMap<string, string> {
    return this.#reached;
  }

  /** Whether a model has to run before what reads it. */
  isBehind(id: string, inputs: InputState): boolean {
    return !this.#stale.has(id) && movesOn(this.#graph, id) && this.#reached.get(id) !== targetOf(inputs, id);
  }

  /**
   * A model that is to be built anew was brought on as it stands.
   *
   * @param target - how far, as `targetOf` tells it; undefined when it has more to come.
   * @param relation - its relation now, when it may have got another one; else undefined.
   * @returns whether what is to be remembered has changed by that.
   */
  broughtOn(id: string, target: string | undefined, relation: string | undefined): boolean {
    if (target === undefined) this.#reached.delete(id);
    else this.#reached.set(id, target);
    const doubt = this.#doubtful.get(id);
    if (doubt === undefined || relation === undefined || doubt === relation) return false;
    this.#doubtful.set(id, relation);
    return true;
  }

  #situation(inputs: InputState, now: number, rebuildNext: boolean): Situation {
    return {
      graph: this.#graph,
      selected: this.#selected,
      stale: this.#stale,
      waiting: [...this.#retries.waiting(now), ...mustWait(this.#graph, this.#selected, inputs.filling)],
      reached: this.#reached,
      target: (id) => targetOf(inputs, id),
      rebuildNext,
    };
  }

  /** The watermark of the documents that a model has reached; undefined when it has not run well, or there is more to come. */
  reachedBy(id: string): string | undefined {
    const watermark = this.#reached.get(id)?.split(' ')[0];
    return watermark === '' ? undefined : watermark;
  }

  /** When a model that failed may be tried again, in the clock's milliseconds; undefined when it has not failed. */
  retryAt(id: string): number | undefined {
    return this.#retries.dueAt(id);
  }

  /** When the next of the models that failed may be tried again, in the clock's milliseconds. */
  nextDue(now: number): number | undefined {
    return this.#retries.nextDue(now);
  }

  /** Models were committed while the rebuild goes on that they are part of. How far they are, its results tell. */
  builtMeanwhile(ids: readonly string[], now: number): void {
    const outdated = this.#madeAnewSinceBefore;
    const justBuilt = new Set(ids.filter((id) => !outdated.has(id) && this.#stale.delete(id)));
    for (const id of justBuilt) this.#reached.delete(id);
    if (justBuilt.size > 0) this.#remember(justBuilt, now);
  }

  /**
   * Takes over how a run has ended.
   *
   * @returns whether models failed only because their connection was lost.
   */
  finish({ run, results, inputs, unfinished, durationMs }: Outcome, now: number): { readonly interrupted: boolean } {
    const byId = new Map(results.map((result) => [result.id, result]));
    const moreToCome = withDescendants(this.#graph, unfinished);
    const outdated = this.#madeAnewSinceBefore;
    const justBuilt = new Set<string>();
    let interrupted = false;
    this.#lastKind = run.kind;
    for (const id of run.models) {
      const result = byId.get(id);
      if (result?.status === 'ok') {
        this.#retries.forget(id);
        if (!outdated.has(id) && this.#stale.delete(id)) justBuilt.add(id);
        if (moreToCome.has(id)) this.#reached.delete(id);
        else this.#reached.set(id, targetOf(inputs, id));
      } else if (result !== undefined && isInterrupted(result)) {
        interrupted = true;
      } else if (result?.status === 'skipped') {
        const isKnown = run.kind === 'full-refresh' && !this.#before.doubtful.has(id);
        if (isKnown) this.#doubtful.delete(id);
      } else {
        this.#retries.failed(id, now, result?.durationMs ?? durationMs);
      }
    }
    if (justBuilt.size > 0) this.#remember(justBuilt, now);
    return { interrupted };
  }

  /** What others have made anew since the rebuild began, and what is below it: that may have come too late for the rebuild. */
  get #madeAnewSinceBefore(): ReadonlySet<string> {
    const anew = madeAnewByOthers(this.#graph, this.#before.builtByOthers, this.#builtByOthers);
    return withDescendants(this.#graph, anew);
  }

  #remember(justBuilt: ReadonlySet<string>, now: number): void {
    const models = { ...this.models, builtByOthers: this.#before.builtByOthers };
    this.#built = rememberBuilt(
      models,
      { built: this.#built, justBuilt, stale: this.#stale },
      new Date(now).toISOString(),
    );
    for (const id of justBuilt) this.#doubtful.delete(id);
  }

  #rests(id: string): boolean {
    return !this.#stale.has(id) && !movesOn(this.#graph, id);
  }
}

/** The state of what a model reads: `<watermark> <others>`. */
export function targetOf(inputs: InputState, id: string): string {
  return `${inputs.watermark} ${inputs.others(id)}`;
}
