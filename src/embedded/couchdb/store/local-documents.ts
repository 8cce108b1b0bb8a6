import { conflict } from '../couch-error.js';
import type { Database } from './database.js';
import { documentText, type NewDocument } from './document.js';
import { formatRevision } from './revision.js';

/** Whether an id is that of a document which is never replicated and in no feed. */
export function isLocal(id: string): boolean {
  return id.startsWith('_local/');
}

/** The text of a local document. */
export function localDocument(database: Database, id: string): Promise<string | undefined> {
  return database.level.get(database.keys.local(id));
}

/**
 * Writes or, when `deleted` is set, removes a local document. It has no history: its revisions are `0-1`, `0-2`...
 *
 * @returns the new revision.
 * @throws CouchError 409 when `_rev` is given and not the present one.
 */
export function writeLocalDocument(database: Database, { id, rev, deleted, body }: NewDocument): Promise<string> {
  return database.exclusive(async () => {
    const present = await localDocument(database, id);
    const was = present === undefined ? '0-0' : String((JSON.parse(present) as { _rev: unknown })._rev);
    if (rev !== undefined && present !== undefined && formatRevision(rev) !== was) throw conflict();
    if (deleted) {
      await database.level.del(database.keys.local(id));
      return '0-0';
    }
    const next = `0-${Number(was.slice(2)) + 1}`;
    const text = documentText({ id, rev: next, deleted: false, body, attachments: '' });
    await database.level.put(database.keys.local(id), text);
    return next;
  });
}
