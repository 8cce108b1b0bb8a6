import { firstIdBehind, type AllDocsRow, type ChangesEnd, type ChangesRow } from '../../couchdb/index.js';
import { SyncError } from '../../lib/index.js';
import type { ComparedSource } from './compared-source.js';
import { compareIds } from './id-order.js';
import { Patience } from './patience.js';

/** One request of a whole database would keep CouchDB's files open, and its compaction waiting, for all that time. */
const allDocsPageRows = 100_000;
const changesPageRows = 10_000;
const heartbeatMs = 10_000;
const beginning = '0';

/** What of a compared source CouchDB's side needs. */
type CouchDbSide = Pick<ComparedSource, 'database' | 'clock' | 'random' | 'signal'>;

/** Reads the documents that are not deleted, in the order of their ids; goes on where a request has failed. */
export async function* livingDocuments(
  options: CouchDbSide,
  pageRows = allDocsPageRows,
): AsyncGenerator<readonly AllDocsRow[]> {
  const { database, signal } = options;
  const patience = new Patience(options);
  let last: string | undefined;
  for (let more = true; more;) {
    try {
      let count = 0;
      const from = last === undefined ? {} : { startKey: firstIdBehind(last) };
      const page = { ...from, limit: pageRows, includeDocs: false, ...(signal && { signal }) };
      for await (const rows of database.allDocs(page)) {
        for (const { id } of rows) {
          if (last !== undefined && compareIds(last, id) >= 0) throw outOfOrder(database.name, last, id);
          last = id;
        }
        count += rows.length;
        patience.reset();
        yield rows;
      }
      more = count === pageRows;
    } catch (error) {
      await patience.after(error);
    }
  }
}

/** Reads the changes feed from its beginning to now, without documents, in pages. */
export async function* changesPages(
  options: CouchDbSide,
  pageRows = changesPageRows,
): AsyncGenerator<readonly ChangesRow[]> {
  const patience = new Patience(options);
  let since = beginning;
  for (let more = true; more;) {
    const { rows, end } = await patience.ask(() => changesPage(options, since, pageRows));
    since = end.lastSequence;
    more = end.pending == null ? rows.length === pageRows : end.pending > 0;
    yield rows;
  }
}

async function changesPage(
  { database, signal = new AbortController().signal }: CouchDbSide,
  since: string,
  limit: number,
): Promise<{ rows: ChangesRow[]; end: ChangesEnd }> {
  const rows: ChangesRow[] = [];
  const page = { since, limit, includeDocs: false, heartbeatMs, signal };
  for await (const event of database.changes({ feed: 'normal', ...page })) {
    if (event.type === 'end') return { rows, end: event };
    rows.push(...event.rows);
  }
  throw new SyncError('COUCHDB_UNREACHABLE', `${database.name}: the answer was cut off`, { passing: true });
}

function outOfOrder(database: string, before: string, after: string): SyncError {
  return new SyncError(
    'COUCHDB_ANSWER_INVALID',
    `${database}: _all_docs is not in the order of ids: ${JSON.stringify(after)} came after ${JSON.stringify(before)}`,
    { remedy: 'Look for a proxy between CHT Sync and CouchDB that changes answers.' },
  );
}
