import { z } from 'zod';
import { scanDocument, type ChangedDocument } from './changes-row.js';
import { invalidRow } from './invalid-row.js';
import { jsonMembers } from './json-members.js';

/** One row of `_all_docs`. */
export interface AllDocsRow {
  readonly id: string;
  /** The revision that wins. */
  readonly rev: string;
  /** Null when it was read without documents, or CouchDB could not read this one. */
  readonly document: ChangedDocument | null;
}

/** One row of `_all_docs` for a key that was asked for. */
export interface KeyRow {
  readonly id: string;
  /** What CouchDB has under this id; undefined when it knows no such document. */
  readonly found:
    { readonly rev: string; readonly deleted: boolean; readonly document: ChangedDocument | null } | undefined;
}

const valueSchema = z.object({ rev: z.string().min(1), deleted: z.boolean().optional() });
/** How CouchDB writes a row; ids with escapes or beyond ASCII are left to the scanner. */
const rowStart =
  /^\{"id":"([\x20\x21\x23-\x5b\x5d-\x7f]+)","key":"([\x20\x21\x23-\x5b\x5d-\x7f]+)","value":\{"rev":"(\d+-\w+)"\}(?:,"doc":\{"_id":"([\x20\x21\x23-\x5b\x5d-\x7f]+)","_rev":"(\d+-\w+)"|\}$)/;
const docMarker = ',"doc":';

/**
 * Reads a row (`{"id":…,"key":…,"value":{"rev":…},"doc":{…}}`) without parsing the document in it. A row that is not
 * written as CouchDB writes it takes a slower way.
 *
 * @throws SyncError COUCHDB_ANSWER_INVALID when it is not a row, also when CouchDB could not make it (`"error":…`).
 */
export function parseAllDocsRow(row: Buffer): AllDocsRow {
  const quick = quickRow(row);
  if (quick !== undefined) return quick;
  const { id, found } = parseKeyRow(row);
  if (found === undefined) throw invalidRow(row);
  return { id, rev: found.rev, document: found.document };
}

/**
 * Reads a row for a key: besides documents that are there, tombstones (`"value":{"rev":…,"deleted":true},"doc":null`) and
 * what CouchDB does not know (`{"key":…,"error":"not_found"}`).
 *
 * @throws SyncError COUCHDB_ANSWER_INVALID when it is not a row, or has another error.
 */
export function parseKeyRow(row: Buffer): KeyRow {
  const members = new Map<string, Buffer>();
  try {
    for (const { key, valueStart, end } of jsonMembers(row)) members.set(key, row.subarray(valueStart, end));
  } catch {
    throw invalidRow(row);
  }
  const value = (key: string) => parseJson(members.get(key));
  const id = value('key');
  if (typeof id !== 'string') throw invalidRow(row);
  if (members.has('error')) {
    if (value('error') !== 'not_found') throw invalidRow(row);
    return { id, found: undefined };
  }
  const revision = valueSchema.safeParse(value('value'));
  if (!revision.success) throw invalidRow(row);
  const { rev, deleted = false } = revision.data;
  const doc = members.get('doc');
  const document = doc === undefined || doc.toString('latin1') === 'null' ? null : scanDocument(doc);
  return { id, found: { rev, deleted, document } };
}

/** From the beginning to behind the document's revision, for ids of usual length. */
const headBytes = 400;
const idStart = '{"id":"'.length;
const closeBrace = 0x7d;
const deletedMarker = Buffer.from('_deleted"');

/** Reads a row by its beginning: whole databases are read in this way. */
function quickRow(row: Buffer): AllDocsRow | undefined {
  // One character a byte, so that places in the text are places in the row.
  const match = rowStart.exec(row.toString('latin1', 0, headBytes)) ?? rowStart.exec(row.toString('latin1'));
  if (match === null) return undefined;
  const [start, shownId, key, shownRev, docId, docRev] = match;
  if (shownId === undefined || shownRev === undefined || key !== shownId) return undefined;
  // Cut out anew: a part of a string keeps all of it in memory, and is slower to compare.
  const id = row.toString('latin1', idStart, idStart + shownId.length);
  if (docRev === undefined) return { id, rev: shownRev, document: null };
  if (docId !== id || row[row.length - 1] !== closeBrace || row[row.length - 2] !== closeBrace) return undefined;
  if (row.includes(deletedMarker, start.length)) return undefined;
  const rev = row.toString('latin1', start.length - 1 - docRev.length, start.length - 1);
  const text = row.subarray(start.lastIndexOf(docMarker) + docMarker.length, row.length - 1);
  return { id, rev: docRev === shownRev ? rev : shownRev, document: { id, rev, deleted: false, text } };
}

function parseJson(text: Buffer | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text.toString('utf8'));
  } catch {
    return undefined;
  }
}
