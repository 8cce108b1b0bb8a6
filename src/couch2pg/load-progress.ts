import type { SourceStatus } from './source-status.js';

/** How far a source is with much to read. */
export interface LoadProgress {
  readonly done: number;
  readonly total: number;
  /** How long the rest will take at the rate of the last seconds, in milliseconds; null when that is unknown. */
  readonly leftMs: number | null;
}

type Measured = Pick<SourceStatus, 'state' | 'progress' | 'written' | 'pending' | 'ratePerSecond'>;

/** How far a source is with what it loads or catches up on; null when it has nothing much to do. */
export function loadProgress({ state, progress, written, pending, ratePerSecond }: Measured): LoadProgress | null {
  const isBehind = state === 'catching-up' && pending !== null && pending > 0;
  if (progress === null && !isBehind) return null;
  const { done, total } = progress ?? { done: written, total: written + (pending ?? 0) };
  const left = Math.max(0, total - done);
  return { done, total, leftMs: ratePerSecond > 0 ? Math.round((left * 1000) / ratePerSecond) : null };
}
