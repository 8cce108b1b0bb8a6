import type { StoredReport } from '../../postgres/index.js';
import type { SourceState } from '../source-machine.js';

/**
 * Whether a process follows the source meanwhile, so that a difference may be only on its way.
 *
 * - `live`: it has written everything up to now
 * - `behind`: it has more to write, or is about to try again
 * - `away`: nobody follows the source, or it cannot go on by itself: what differs will differ
 */
export type Follower = 'live' | 'behind' | 'away';

/** A process that follows a source stores what it does every 30 seconds. */
const longestSilenceMs = 90_000;
/** The states that a source leaves by itself, or stays in as long as it follows. */
const goingOn: readonly SourceState[] = [
  'starting',
  'standby',
  'snapshot',
  'regressed',
  'catching-up',
  'live',
  'backing-off',
];

/** What the stored report of a source means for a comparison. */
export function followerOf(report: StoredReport | undefined): Follower {
  if (report === undefined || report.ageMs > longestSilenceMs) return 'away';
  if (!goingOn.some((state) => state === report.state)) return 'away';
  return report.state === 'live' && (report.pending ?? 0) === 0 ? 'live' : 'behind';
}
