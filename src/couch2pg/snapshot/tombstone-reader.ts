import type { ChangedDocument, Database } from '../../couchdb/index.js';

/** How the feed is read for tombstones. */
export interface TombstoneReading {
  readonly database: Database;
  /** The sequence to begin behind. */
  readonly since: string;
  readonly pageRows: number;
  readonly heartbeatMs: number;
  readonly signal: AbortSignal;
  /** Takes a document; the reader waits for the promise, if there is one, before it reads on. */
  readonly take: (document: ChangedDocument) => Promise<void> | undefined;
  /** Told of each sequence up to which all tombstones have been taken. */
  readonly reached: (sequence: string) => void;
}

/** CouchDB answers for so many ids at once without keeping others waiting. */
const together = 300;

/**
 * Reads the tombstones of a database, which `_all_docs` does not list: from the feed without its documents, and the bodies of
 * those that are deleted by their ids.
 *
 * @throws SyncError COUCHDB_*.
 */
export async function readTombstones(reading: TombstoneReading): Promise<void> {
  const { database, pageRows, heartbeatMs, signal, reached } = reading;
  let { since } = reading;
  for (let isMore = true; isMore;) {
    let deleted: string[] = [];
    let rows = 0;
    const query = { feed: 'normal' as const, limit: pageRows, includeDocs: false, heartbeatMs };
    for await (const event of database.changes({ ...query, since, signal })) {
      if (event.type === 'end') {
        since = event.lastSequence;
        isMore = event.pending == null ? rows === pageRows : event.pending > 0;
        continue;
      }
      rows += event.rows.length;
      deleted.push(...event.rows.filter((row) => row.deleted).map(({ id }) => id));
      if (deleted.length < together) continue;
      await takeAll(reading, deleted);
      deleted = [];
    }
    await takeAll(reading, deleted);
    reached(since);
  }
}

async function takeAll({ database, signal, take }: TombstoneReading, ids: readonly string[]): Promise<void> {
  for (let at = 0; at < ids.length; at += together) {
    for await (const document of database.readDocuments(ids.slice(at, at + together), signal)) {
      const room = take(document);
      if (room !== undefined) await room;
    }
  }
}
