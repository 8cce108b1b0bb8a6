import type { DatabaseInfo } from '../../couchdb/index.js';

/** Below this, the feed is through before it matters. */
const fewDocuments = 50_000;

/**
 * Whether reading ranges of ids at once brings a database faster into the table than its feed: not where it is small, nor
 * where there are more tombstones than documents, which have to be asked for besides.
 */
export function snapshotIsFaster(
  { documents, tombstones }: Pick<DatabaseInfo, 'documents' | 'tombstones'>,
  readers: number,
): boolean {
  return readers > 1 && documents >= fewDocuments && tombstones <= documents;
}
