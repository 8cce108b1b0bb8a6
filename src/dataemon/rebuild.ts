import { messageOf, type Clock } from '../lib/index.js';
import type { FinishedRun } from './model-runner.js';
import type { ReadyPackage } from './package/keeper.js';
import type { Run } from './planner/decide.js';
import type { InputState, Outcome } from './planner/model-state.js';
import type { Relations } from './standing-runner.js';
import { asSyncError, failedResults, RunCutShort } from './run-error.js';

/** What is made anew, and how. */
export interface RebuildParts {
  readonly run: Run;
  /** What the models read when it began. */
  readonly inputs: InputState;
  readonly current: ReadyPackage;
  /** What stood, as packages before have built it, when it began. */
  readonly relations: Relations;
  /** Carries the run out, and tells of each model when it is committed. */
  readonly work: (onBuilt: (id: string) => void) => Promise<FinishedRun>;
  /** Called when a model is committed, and when all has ended, in whatever way. */
  readonly onNews: () => void;
  readonly clock: Pick<Clock, 'now'>;
}

/** How a rebuild has ended: with results, or without any, so that its models are tried again after growing pauses. */
export type RebuildEnd = { readonly finished: FinishedRun } | { readonly error: unknown; readonly outcome: Outcome };

/** Models that are being made anew, from the moment it is made on, while others are brought on. */
export class Rebuild {
  /** Never rejects. */
  readonly ended: Promise<RebuildEnd>;
  #hasEnded = false;
  #built: string[] = [];

  constructor(private readonly parts: RebuildParts) {
    this.ended = this.#carryOut().finally(() => {
      this.#hasEnded = true;
      parts.onNews();
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get run(): Run {
    return this.parts.run;
  }

  get inputs(): InputState {
    return this.parts.inputs;
  }

  get relations(): Relations {
    return this.parts.relations;
  }

  get current(): ReadyPackage {
    return this.parts.current;
  }

  /** The models that were committed since the last call. */
  takeBuilt(): readonly string[] {
    const built = this.#built;
    this.#built = [];
    return built;
  }

  async #carryOut(): Promise<RebuildEnd> {
    const { run, inputs, work, onNews, clock } = this.parts;
    const startedAt = new Date(clock.now());
    const onBuilt = (id: string) => {
      this.#built.push(id);
      onNews();
    };
    try {
      return { finished: await work(onBuilt) };
    } catch (thrown) {
      return { error: asSyncError(thrown), outcome: cutShort(run, inputs, thrown, startedAt, clock.now()) };
    }
  }
}

/**
 * How a run has ended that came to no results: those that were under way have failed. Of the others nobody knows, and they
 * come again without them.
 */
export function cutShort(run: Run, inputs: InputState, thrown: unknown, startedAt: Date, now: number): Outcome {
  const running = thrown instanceof RunCutShort ? thrown.running : [];
  // What could not be begun at all must not be tried without end, and hold up the increments.
  const models = running.length === 0 && run.kind === 'full-refresh' ? run.models : running;
  const durationMs = now - startedAt.getTime();
  const results = failedResults(models, { startedAt, durationMs, words: messageOf(asSyncError(thrown)) });
  return { run: { ...run, models }, results, inputs, unfinished: new Set(), durationMs };
}
