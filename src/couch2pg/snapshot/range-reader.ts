import type { AllDocsRow, ChangedDocument, Database } from '../../couchdb/index.js';
import { compareIds } from '../verify/id-order.js';
import type { IdRange } from './id-range.js';
import { nextKey } from './snapshot-plan.js';

/** Where a range is read from, and where its documents go. */
export interface RangeReading {
  readonly database: Database;
  readonly range: IdRange;
  readonly pageRows: number;
  readonly signal: AbortSignal;
  /** Takes a document; the reader waits for the promise, if there is one, before it reads on. */
  readonly take: (document: ChangedDocument) => Promise<void> | undefined;
}

/**
 * Reads the documents of a range from where it stands to its end, which may come nearer meanwhile. In pages, so that no
 * request outlives what proxies have patience for.
 *
 * @throws SyncError COUCHDB_*.
 */
export async function readRange(reading: RangeReading): Promise<void> {
  const { database, range, pageRows, signal } = reading;
  for (;;) {
    const startKey = nextKey(range);
    // CouchDB refuses a range that ends before it begins.
    if (startKey !== null && isBeyond(range, startKey)) return;
    const pages = database.allDocs({
      ...{ limit: pageRows, includeDocs: true, signal },
      ...(startKey === null ? {} : { startKey }),
      ...(range.end === null ? {} : { endKey: range.end }),
    });
    let count = 0;
    for await (const rows of pages) {
      if (await takeRows(reading, rows)) return;
      count += rows.length;
    }
    if (count < pageRows) return;
  }
}

/** Hands rows on; says whether the end of the range has come. */
async function takeRows(
  { database, range, signal, take }: RangeReading,
  rows: readonly AllDocsRow[],
): Promise<boolean> {
  for (const { id, document } of rows) {
    if (isBeyond(range, id)) return true;
    // Without its document, it was deleted a moment ago: the feed will tell that. It is asked for all the same.
    const found = document === null ? await database.documentsOf([id], signal) : [document];
    range.position = id;
    for (const each of found) {
      const room = take(each);
      if (room !== undefined) await room;
    }
  }
  return false;
}

const isBeyond = ({ end }: IdRange, id: string) => end !== null && compareIds(id, end) >= 0;
