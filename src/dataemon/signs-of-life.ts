import { Pulse } from '../lib/index.js';
import type { DataemonState } from './life-cycle.js';

/** Whatever else a dataemon waits for lasts no longer than some minutes. */
const stuckAfterMs = 15 * 60_000;
const runs: ReadonlySet<DataemonState> = new Set(['installing', 'building', 'running']);

/** How long things may take, in milliseconds. */
export interface LifeLimits {
  readonly intervalMs: number;
  readonly runTimeoutMs: number;
  readonly rebuildTimeoutMs: number;
}

/**
 * Tells a dataemon that is at work, for however long, from one that will never go on by itself. Steps go on beside a rebuild, so
 * that is judged by signs of its own.
 */
export class SignsOfLife {
  /** Undefined while it prepares its tables, which may take any time, and while PostgreSQL is away. */
  #steps: Pulse | undefined;
  /** Undefined while nothing is rebuilt. */
  #rebuild: Pulse | undefined;

  /** @param now - as of a `Pulse`. */
  constructor(
    private readonly limits: LifeLimits,
    private readonly now?: () => number,
  ) {}

  /** It begins to take steps. */
  begin(): void {
    this.#steps = new Pulse(this.now);
  }

  /** It takes none: it waits for something that may take any time. */
  rest(): void {
    this.#steps = undefined;
  }

  /** It has taken a step. */
  step(): void {
    this.#steps?.beat();
  }

  /** A rebuild begins. */
  beginRebuild(): void {
    this.#rebuild = new Pulse(this.now);
  }

  /** None is under way. */
  endRebuild(): void {
    this.#rebuild = undefined;
  }

  /** A model of a run has begun or ended. */
  progress(): void {
    this.#steps?.beat();
    this.#rebuild?.beat();
  }

  /** What has stopped, in words; undefined while the dataemon moves. */
  stuck(state: DataemonState): string | undefined {
    const { intervalMs, runTimeoutMs, rebuildTimeoutMs } = this.limits;
    const step = this.#steps?.silentMinutes(stuckAfterMs + (runs.has(state) ? runTimeoutMs : intervalMs));
    if (step !== undefined) return `the models have been ${state} for ${step} minutes without a sign`;
    const rebuild = this.#rebuild?.silentMinutes(stuckAfterMs + rebuildTimeoutMs);
    return rebuild === undefined ? undefined : `a rebuild of models has made no progress for ${rebuild} minutes`;
  }
}
