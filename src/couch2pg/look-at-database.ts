import type { Database } from '../couchdb/index.js';
import { SyncError } from '../lib/index.js';
import type { Checkpoint, DatabaseMark } from '../postgres/index.js';
import { assess, markAfter, markOf, sequenceNumber, type Finding } from './regression.js';

/** What a look at a database has found, and what is to be stored of it. */
export interface Look {
  readonly finding: Finding;
  readonly mark: DatabaseMark;
  /** The documents whose purge CouchDB remembers, oldest first; empty when nothing was purged since the last look. */
  readonly purgedIds: readonly string[];
}

/**
 * Looks whether a database is still what it was.
 *
 * @throws SyncError COUCHDB_*.
 */
export async function lookAtDatabase(
  database: Database,
  { mark: known, recent }: Pick<Checkpoint, 'mark' | 'recent'>,
  signal: AbortSignal,
): Promise<Look> {
  const info = await database.info(signal);
  const mark = markOf(info);
  const maybePurged = sequenceNumber(mark.purgeSequence) !== sequenceNumber(known.purgeSequence);
  const infos = maybePurged ? ((await database.purgedInfos(signal)) ?? []) : [];
  const purgedIds = [...new Set(infos.map(({ id }) => id))];
  const purged = new Set(purgedIds);
  const asked = recent.filter(([id]) => !purged.has(id)).map(([id, rev]) => ({ id, rev }));
  const unknown = asked.length === 0 ? [] : await unlessForbidden(database.missingRevisions(asked, signal));
  const finding = assess(known, mark, unknown?.length ?? 0, info.copies);
  return { finding, mark: markAfter(known, mark, info.copies), purgedIds };
}

/** What a user without the right to ask gets is no answer, which is no reason to stop the sync. */
async function unlessForbidden<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SyncError && error.code === 'COUCHDB_UNAUTHORIZED') return undefined;
    throw error;
  }
}
