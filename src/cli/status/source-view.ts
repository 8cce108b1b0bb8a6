import type { SourceStanding } from '../../postgres/index.js';

/** A source, as it is shown. */
export interface SourceView extends SourceStanding {
  /** Whether a process follows it now, if only to find out that it cannot. */
  readonly isFollowed: boolean;
  /** `idle`: everything is in the table; `behind`: `pending` changes are not, as far as is known; `unknown`: nobody looks. */
  readonly lag: 'idle' | 'behind' | 'unknown';
}

/** `couchdb_progress` is touched at least every 30 s by who follows a source. */
const aliveMs = 60_000;
const reading: readonly (string | null)[] = ['snapshot', 'catching-up'];

/** Says of a source what its last report means now. */
export function sourceView(standing: SourceStanding): SourceView {
  const { state, ageMs } = standing;
  const isFollowed = state !== null && state !== 'stopped' && ageMs < aliveMs;
  const isBehind = reading.includes(state);
  const lag = !isFollowed ? 'unknown' : state === 'live' ? 'idle' : isBehind ? 'behind' : 'unknown';
  return { ...standing, isFollowed, lag };
}
