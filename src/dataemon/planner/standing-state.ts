import { isInterrupted } from '../engine/connection-loss.js';
import type { BuiltModels } from '../manifest/built-models.js';
import { withDescendants } from '../manifest/graph.js';
import { decide, type Run } from './decide.js';
import { targetOf, type InputState, type ModelState, type Outcome } from './model-state.js';
import { mustWait } from './must-wait.js';
import { Retries } from './retries.js';
import { standingModels, type Predecessor } from './standing.js';

/** A package before, and what is known of it now. */
export interface PredecessorNow extends Predecessor {
  /** The relations of its models, by id: before the rebuild that is under way began, or now. */
  readonly existing: ReadonlyMap<string, string>;
  /** What its models read. */
  readonly inputs: InputState;
}

const nothing: ReadonlySet<string> = new Set();

/** How models go on that are to be built anew, by the packages that have built them. */
export class StandingState {
  readonly #retries: Retries;

  constructor(
    private readonly models: ModelState,
    random: () => number,
  ) {
    this.#retries = new Retries(random);
  }

  /** The models of a package before that it can bring on. */
  of(
    before: Predecessor & Pick<PredecessorNow, 'existing'>,
    { rebuilding = nothing, builtByOthers = new Map() as BuiltModels } = {},
  ): ReadonlySet<string> {
    const { models, stale, record } = this.models;
    const told = new Map([...models.builtByOthers, ...builtByOthers]);
    return standingModels(
      { ...models, builtByOthers: told, stale, record, rebuilding, existing: before.existing },
      before,
    );
  }

  /**
   * The next increment by a package before.
   *
   * @param inputs - what the models of now read, when they were last asked for: what stands below them goes no further.
   * @param rebuilding - the models that are being made anew meanwhile.
   */
  next(
    before: PredecessorNow,
    inputs: InputState,
    now: number,
    rebuilding: ReadonlySet<string> = nothing,
  ): Run | undefined {
    const { graph, selected, inputs: own } = before;
    const isBehind = (id: string) => this.models.isBehind(id, inputs);
    return decide({
      graph,
      selected: this.of(before, { rebuilding, builtByOthers: own.builtByOthers }),
      stale: nothing,
      waiting: [
        ...[...this.models.models.selected].filter(isBehind),
        ...this.#retries.waiting(now),
        ...mustWait(graph, selected, own.filling),
      ],
      reached: this.models.reached,
      target: (id) => targetOf(own, id),
      rebuildNext: false,
    });
  }

  /** When the next of those that failed may be tried, in the clock's milliseconds. */
  nextDue(now: number): number | undefined {
    return this.#retries.nextDue(now);
  }

  /**
   * Takes over how such an increment has ended.
   *
   * @param existing - the relations of its models afterwards, by id, where they may be others than before.
   * @returns whether models failed only because their connection was lost, and whether what is to be remembered has changed.
   */
  finish(
    { graph }: Predecessor,
    { run, results, inputs, unfinished, durationMs }: Outcome,
    now: number,
    existing: ReadonlyMap<string, string> = new Map(),
  ): { readonly interrupted: boolean; readonly isUnsaved: boolean } {
    const byId = new Map(results.map((result) => [result.id, result]));
    const moreToCome = withDescendants(graph, unfinished);
    let interrupted = false;
    let isUnsaved = false;
    for (const id of run.models) {
      const result = byId.get(id);
      if (result?.status === 'ok') {
        this.#retries.forget(id);
        const target = moreToCome.has(id) ? undefined : targetOf(inputs, id);
        if (this.models.broughtOn(id, target, existing.get(id))) isUnsaved = true;
      } else if (result !== undefined && isInterrupted(result)) {
        interrupted = true;
      } else if (result?.status !== 'skipped') {
        this.#retries.failed(id, now, result?.durationMs ?? durationMs);
      }
    }
    return { interrupted, isUnsaved };
  }
}
