import { Pulse } from '../lib/index.js';
import type { SourceState } from './source-machine.js';

/**
 * Everything that a source waits for has a limit of minutes, or goes on visibly: one that has not moved for so long never
 * will.
 */
const stuckAfterMs = 15 * 60_000;
/** Reports wait for each other, and each for a connection. */
const reportsStuckAfterMs = 2 * stuckAfterMs;
/** A comparison begins with a sort in PostgreSQL of any length, and both wait for those of other sources. */
const takesAnyTime: ReadonlySet<SourceState> = new Set(['snapshot', 'regressed']);
/** Nothing but the reports is done. */
const rests: ReadonlySet<SourceState> = new Set(['paused', 'stopped']);

/** Tells a source that waits, for however long CouchDB or PostgreSQL is away, from one that will never go on by itself. */
export class SignsOfLife {
  #pulse: Pulse | undefined;
  #reports: Pulse | undefined;

  /** @param now - as of a `Pulse`. */
  constructor(private readonly now?: () => number) {}

  /** The source has begun, has moved, or has heard of CouchDB. */
  sign(): void {
    this.#pulse ??= new Pulse(this.now);
    this.#pulse.beat();
  }

  /** Its state is about to be reported. */
  report(): void {
    this.#reports ??= new Pulse(this.now);
    this.#reports.beat();
  }

  /** Nothing is reported any more: the source is another's. */
  endReports(): void {
    this.#reports = undefined;
  }

  /** What has stopped, in words; undefined while the source moves, if only from one vain try to the next. */
  stuck(state: SourceState): string | undefined {
    const isJudged = !takesAnyTime.has(state) && !rests.has(state);
    const silent = isJudged ? this.#pulse?.silentMinutes(stuckAfterMs) : undefined;
    if (silent !== undefined) return `is ${state}, without a sign for ${silent} minutes`;
    const unreported = this.#reports?.silentMinutes(reportsStuckAfterMs);
    return unreported === undefined ? undefined : `has not reported for ${unreported} minutes`;
  }
}
