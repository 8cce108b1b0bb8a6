import type { AllDocsRow, ChangesRow } from '../../couchdb/index.js';
import {
  cancelOnAbort,
  classified,
  classifyPostgresError,
  storedRevisions,
  storedRevisionsOf,
  type StoredDocument,
} from '../../postgres/index.js';
import type { ComparedSource } from './compared-source.js';
import { changesPages, livingDocuments } from './couchdb-side.js';
import { isSame, type Difference } from './difference.js';
import { compareIds } from './id-order.js';
import { Looker } from './look.js';
import { MergeCursor } from './merge-cursor.js';
import { Patience } from './patience.js';

/** How far a comparison is. */
export interface ComparisonProgress {
  /** Documents that were compared, tombstones too. */
  readonly compared: number;
  /** Rows that were read of CouchDB: it is read once by id, and once by its feed where it has tombstones. */
  readonly read: number;
  /** About how many will have been read in the end. */
  readonly total: number;
}

/** What to compare. */
export interface CompareOptions extends ComparedSource {
  onProgress?(progress: ComparisonProgress): void;
}

/** How many documents are looked at together. */
const suspectsAtOnce = 500;
const storedAtOnce = 1000;

/**
 * Compares every id and revision of a source: first the documents that are not deleted, by merging both sides in the order
 * of ids, then the tombstones, which CouchDB tells by its feed only. Memory is bounded, whatever the number of documents.
 *
 * What differs at first sight is looked at once more before it is given, since one side was read later than the other.
 * While a sync is going on it may still be only on its way: `verifySource` waits for that.
 *
 * @throws SyncError COUCHDB_*, POSTGRES_*.
 */
export async function* compareSource(options: CompareOptions): AsyncGenerator<Difference> {
  const { database, signal } = options;
  const patience = new Patience(options);
  // Where not even this is answered, there is nothing yet that patience would save.
  const before = await database.info(signal);
  const passes = before.tombstones > 0 ? 2 : 1;
  let compared = 0;
  let read = 0;
  const count = (comparedNow: number, readNow: number) => {
    compared += comparedNow;
    read += readNow;
    const total = Math.max(read, passes * before.documents + (passes - 1) * before.tombstones);
    options.onProgress?.({ compared, read, total });
  };
  const looker = new Looker(options);
  for await (const ids of livingSuspects(options, (rows) => count(rows, rows))) {
    // What is a tombstone in CouchDB is met again in its feed.
    for (const found of await looker.differences(ids)) if (found.couchdb?.deleted !== true) yield found;
  }
  if ((await patience.ask(() => database.info(signal))).tombstones === 0) return;
  for await (const ids of tombstoneSuspects(options, count)) {
    for (const found of await looker.differences(ids)) if (found.couchdb?.deleted === true) yield found;
  }
}

/** Gives ids, in pieces, of which one side has no document, another revision, or a tombstone. */
async function* livingSuspects(
  options: CompareOptions,
  count: (compared: number) => void,
): AsyncGenerator<readonly string[]> {
  const { pool, names, source, signal } = options;
  const client = await classified(`comparing ${source}`, pool.connect());
  const couchdb = new MergeCursor<AllDocsRow>(counted(livingDocuments(options), count));
  const postgres = new MergeCursor<StoredDocument>(classifiedPieces(storedRevisions(client, names, source), source));
  let finished = false;
  let release: (() => void) | undefined;
  try {
    // Sorting the ids of a large table takes PostgreSQL minutes.
    release = await cancelOnAbort(pool, client, signal);
    signal?.throwIfAborted();
    await postgres.open();
    await couchdb.open();
    let suspects: string[] = [];
    for (;;) {
      const [document, row] = [couchdb.current, postgres.current];
      if (document === undefined && row === undefined) break;
      const order = document === undefined ? 1 : row === undefined ? -1 : compareIds(document.id, row.id);
      if (document !== undefined && order < 0) suspects.push(document.id);
      else if (row !== undefined && order > 0 && !row.deleted) suspects.push(row.id);
      else if (row !== undefined && order === 0 && (row.deleted || row.rev !== document?.rev)) suspects.push(row.id);
      const moreOfCouchDb = order <= 0 ? couchdb.advance() : undefined;
      if (moreOfCouchDb !== undefined) await moreOfCouchDb;
      const moreOfPostgres = order >= 0 ? postgres.advance() : undefined;
      if (moreOfPostgres !== undefined) await moreOfPostgres;
      if (suspects.length < suspectsAtOnce) continue;
      yield suspects;
      signal?.throwIfAborted();
      suspects = [];
    }
    if (suspects.length > 0) yield suspects;
    finished = true;
  } finally {
    release?.();
    await couchdb.close();
    // With the connection goes the list that PostgreSQL keeps for it.
    client.release(!finished);
  }
}

/** Gives ids, in pieces, of tombstones that the table does not hold as CouchDB's feed has them. */
async function* tombstoneSuspects(
  options: CompareOptions,
  count: (compared: number, read: number) => void,
): AsyncGenerator<readonly string[]> {
  let suspects: string[] = [];
  for await (const rows of changesPages(options)) {
    const tombstones = rows.filter(({ deleted }) => deleted);
    for (let at = 0; at < tombstones.length; at += storedAtOnce) {
      suspects.push(...(await differingTombstones(options, tombstones.slice(at, at + storedAtOnce))));
      for (; suspects.length >= suspectsAtOnce; suspects = suspects.slice(suspectsAtOnce)) {
        yield suspects.slice(0, suspectsAtOnce);
      }
    }
    count(tombstones.length, rows.length);
    options.signal?.throwIfAborted();
  }
  if (suspects.length > 0) yield suspects;
}

async function differingTombstones(options: CompareOptions, rows: readonly ChangesRow[]): Promise<string[]> {
  const { pool, names, source } = options;
  const ids = rows.map(({ id }) => id);
  const stored = await new Patience(options).ask(() =>
    classified(`comparing ${source}`, storedRevisionsOf(pool, names, source, ids)),
  );
  const differ = ({ id, rev, deleted }: ChangesRow) => !isSame({ couchdb: { rev, deleted }, postgres: stored.get(id) });
  return rows.filter(differ).map(({ id }) => id);
}

async function* counted<T>(
  pieces: AsyncIterable<readonly T[]>,
  count: (rows: number) => void,
): AsyncGenerator<readonly T[]> {
  for await (const piece of pieces) {
    count(piece.length);
    yield piece;
  }
}

async function* classifiedPieces<T>(pieces: AsyncIterable<T>, source: string): AsyncGenerator<T> {
  try {
    yield* pieces;
  } catch (error) {
    throw classifyPostgresError(error, `comparing ${source}`);
  }
}
