import { z } from 'zod';
import { invalidRow } from './invalid-row.js';
import { jsonMembers } from './json-members.js';

/** A document as a change brings it: the revision that wins at the time of reading. */
export interface ChangedDocument {
  readonly id: string;
  readonly rev: string;
  readonly deleted: boolean;
  /** The document's JSON as CouchDB sent it, in UTF-8. */
  readonly text: Buffer;
}

/** One row of a changes feed. */
export interface ChangesRow {
  /** The sequence behind this row; null on rows between the intervals of `seq_interval`. */
  readonly sequence: string | null;
  readonly id: string;
  /** The revision that won when the row was made. */
  readonly rev: string;
  /** Whether that revision is a tombstone. */
  readonly deleted: boolean;
  /**
   * Null when CouchDB could not read the document (`"doc":null`): it has gone since, or a shard is away. Also null when
   * the feed was read without documents.
   */
  readonly document: ChangedDocument | null;
}

/** What ends a response of the feed. */
export interface ChangesEnd {
  readonly lastSequence: string;
  /** How many changes come after; null when a shard has not answered, undefined when CouchDB does not say. */
  readonly pending: number | null | undefined;
}

const docMarker = ',"doc":';
const headSchema = z.object({
  seq: z.union([z.string(), z.number().transform(String), z.null()]),
  id: z.string().min(1),
  changes: z.tuple([z.object({ rev: z.string().min(1) })]).rest(z.unknown()),
  deleted: z.boolean().nullable(),
});
const endSchema = z.object({
  last_seq: z.union([z.string(), z.number().transform(String)]),
  pending: z.number().nullish(),
});
const documentSchema = z.object({ _id: z.string().min(1), _rev: z.string().min(1), _deleted: z.boolean().optional() });

/**
 * Reads a row (`{"seq":…,"id":…,"changes":[…],"deleted":…,"doc":{…}}`) without parsing the document in it. A row that is
 * not written as CouchDB writes it takes a slower way.
 *
 * The document's own revision counts, not the row's: CouchDB reads the document after the row, so it may be newer.
 *
 * @param withDocument - whether the feed was read with documents.
 * @throws SyncError COUCHDB_ANSWER_INVALID when it is not a row.
 */
export function parseChangesRow(row: Buffer, withDocument = true): ChangesRow {
  return quickRow(row, withDocument) ?? scanRow(row, withDocument);
}

/** Reads the last member(s) of a response: `last_seq` and `pending`. */
export function parseChangesEnd(json: string): ChangesEnd | undefined {
  const end = endSchema.safeParse(parseJson(json));
  return end.success ? { lastSequence: end.data.last_seq, pending: end.data.pending } : undefined;
}

/** How CouchDB writes a row; ids and sequences with escapes or beyond ASCII are left to the scanner. */
const rowStart =
  /^\{"seq":(?:"([\x20\x21\x23-\x5b\x5d-\x7f]+)"|null),"id":"([\x20\x21\x23-\x5b\x5d-\x7f]+)","changes":\[\{"rev":"(\d+-\w+)"\}\](,"deleted":true)?(?:,"doc":\{"_id":"([\x20\x21\x23-\x5b\x5d-\x7f]+)","_rev":"(\d+-\w+)"|\}$)/;

const idMarker = Buffer.from(',"id":"');
/** From the id to behind the document's revision, for ids of usual length. */
const headBytes = 320;
const closeBrace = 0x7d;
const deletedMarker = Buffer.from('_deleted"');

/** Reads a row by its beginning: this is done for each row, and is much of what couch2pg computes. */
function quickRow(row: Buffer, withDocument: boolean): ChangesRow | undefined {
  // One character a byte, so that places in the text are places in the row.
  const idMarkerAt = row.indexOf(idMarker);
  const headEnd = withDocument ? idMarkerAt + headBytes : row.length;
  const match = rowStart.exec(row.toString('latin1', 0, headEnd)) ?? rowStart.exec(row.toString('latin1'));
  if (match === null) return undefined;
  const [start, seq, id, rev, deleted, docId, docRev] = match;
  if (id === undefined || rev === undefined) return undefined;
  const isTombstone = deleted !== undefined;
  if (!withDocument) {
    return docRev === undefined ? { sequence: seq ?? null, id, rev, deleted: isTombstone, document: null } : undefined;
  }
  if (docRev === undefined || docId !== id) return undefined;
  if (row[row.length - 1] !== closeBrace || row[row.length - 2] !== closeBrace) return undefined;
  const idStart = idMarkerAt + idMarker.length;
  const revEnd = start.length - 1;
  const docStart = start.lastIndexOf(docMarker) + docMarker.length;
  const text = row.subarray(docStart, row.length - 1);
  // `_deleted` stands behind the body of a tombstone; the word may be anywhere in a document, too.
  const document = row.includes(deletedMarker, start.length)
    ? scanDocument(text)
    : {
        // Cut out anew: a part of a string keeps all of it in memory, and is slower to compare.
        id: row.toString('latin1', idStart, idStart + id.length),
        rev: row.toString('latin1', revEnd - docRev.length, revEnd),
        deleted: false,
        text,
      };
  return { sequence: seq ?? null, id, rev, deleted: isTombstone, document };
}

function scanRow(row: Buffer, withDocument: boolean): ChangesRow {
  const members = new Map<string, Buffer>();
  try {
    for (const { key, valueStart, end } of jsonMembers(row)) members.set(key, row.subarray(valueStart, end));
  } catch {
    throw invalidRow(row);
  }
  const value = (key: string) => parseJson(members.get(key)?.toString('utf8') ?? 'null');
  const head = headSchema.safeParse({
    seq: value('seq'),
    id: value('id'),
    changes: value('changes'),
    deleted: value('deleted'),
  });
  const doc = withDocument ? members.get('doc') : Buffer.from('null');
  if (!head.success || doc === undefined) throw invalidRow(row);
  const { seq, id, changes, deleted } = head.data;
  const document = doc.toString('latin1') === 'null' ? null : scanDocument(doc);
  return { sequence: seq, id, rev: changes[0].rev, deleted: deleted ?? false, document };
}

/**
 * Reads `_id`, `_rev` and `_deleted` of a document wherever they stand in it.
 *
 * @throws SyncError COUCHDB_ANSWER_INVALID when it is not a document.
 */
export function scanDocument(text: Buffer): ChangedDocument {
  const found: Record<string, unknown> = {};
  try {
    for (const { key, valueStart, end } of jsonMembers(text)) {
      if (key in documentSchema.shape) found[key] = parseJson(text.toString('utf8', valueStart, end));
    }
  } catch {
    throw invalidRow(text);
  }
  const document = documentSchema.safeParse(found);
  if (!document.success) throw invalidRow(text);
  return { id: document.data._id, rev: document.data._rev, deleted: document.data._deleted ?? false, text };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
