import type { Database, DatabaseInfo } from '../../couchdb/index.js';
import type { Clock } from '../../lib/index.js';

/** Below this, the feed is through before it matters. */
const fewDocuments = 50_000;
/**
 * Documents a second. A feed as fast as this waits for PostgreSQL, not for CouchDB, and more readers only cost more; CouchDB
 * 3.5 gives 6,000 to 10,000 of 1 kB.
 */
const fastFeed = 15_000;
/** Enough to measure by, few enough to read twice. */
const triedRows = 6_000;
/** The time is taken of so many at once, and the best counts: a busy machine, or a program that has just begun, tells nothing. */
const timedRows = 1_000;

/**
 * Whether reading ranges of ids at once may bring a database faster into the table than its feed: not where it is small, nor
 * where there are more tombstones than documents, which have to be asked for besides. Nor where a cluster keeps several
 * copies: one may answer that does not have yet what is before the sequence of another.
 */
export function snapshotIsFaster(
  { documents, tombstones, copies }: Pick<DatabaseInfo, 'documents' | 'tombstones' | 'copies'>,
  readers: number,
): boolean {
  return readers > 1 && documents >= fewDocuments && tombstones <= documents && copies === 1;
}

/** How the feed is tried. */
export interface FeedTrial {
  readonly database: Database;
  readonly heartbeatMs: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Tries how fast the feed is by its beginning; says whether it leaves something to gain for a snapshot.
 *
 * @throws SyncError COUCHDB_*.
 */
export async function feedIsSlow({ database, heartbeatMs, signal, clock }: FeedTrial): Promise<boolean> {
  let best = 0;
  let rows = 0;
  let started = clock.now();
  for await (const event of database.changes({ feed: 'normal', since: '0', limit: triedRows, heartbeatMs, signal })) {
    if (event.type === 'rows') rows += event.rows.length;
    if (rows < timedRows) continue;
    const now = clock.now();
    best = Math.max(best, (rows * 1000) / Math.max(1, now - started));
    started = now;
    rows = 0;
  }
  return best < fastFeed;
}
