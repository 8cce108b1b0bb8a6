import type { ChangedDocument } from '../couchdb/index.js';
import { isStorableText, type StagedRow } from '../postgres/index.js';
import { storableJson } from './storable-json.js';
import { withoutUserSecrets } from './user-secrets.js';

/** A document as it is written. */
export interface Prepared {
  readonly row: StagedRow;
  /** How many of its characters PostgreSQL could not have held. */
  readonly replaced: number;
}

/**
 * Makes a document of CouchDB ready to be written: without the secrets of a user document, and with what `jsonb` cannot
 * hold replaced.
 *
 * @param database - the name of CouchDB's database.
 */
export function stagedRow(database: string, document: ChangedDocument): Prepared {
  const { id, rev, deleted } = document;
  const json = withoutUserSecrets(database, document);
  // An id is never replaced, which would make it another document's. PostgreSQL refuses it and the text, and it is parked.
  if (!isStorableText(id) || !isStorableText(rev)) return { row: { id, rev, deleted, doc: json }, replaced: 0 };
  const { text, replaced } = storableJson(json);
  return { row: { id, rev, deleted, doc: text }, replaced };
}
