import { z } from 'zod';
import { SyncError } from '../lib/index.js';
import { readKeys } from './all-docs.js';
import { scanDocument, type ChangedDocument } from './changes-row.js';
import type { CouchDbClient } from './client.js';
import { invalidRow } from './invalid-row.js';
import { jsonMembers } from './json-members.js';
import { brokenOff, streamRows } from './row-stream.js';

/** The revision of a document that wins, and whether it is a tombstone. */
export interface WinningRevision {
  readonly rev: string;
  readonly deleted: boolean;
}

/** One revision of a document. */
export interface RevisionOfDocument {
  readonly id: string;
  readonly rev: string;
}

/** How many ids one request asks for: within what proxies let through, whatever the length of ids. */
const idsAtOnce = 1000;

/** A database of CouchDB that is asked for documents by their ids. */
interface Place {
  readonly client: CouchDbClient;
  /** The path of the database. */
  readonly path: string;
  readonly signal?: AbortSignal;
}

/** Reads winning revisions; of an id that CouchDB does not know (never there, or purged), undefined. */
export async function readRevisions(
  { client, path, signal }: Place,
  ids: readonly string[],
): Promise<Map<string, WinningRevision | undefined>> {
  const revisions = new Map<string, WinningRevision | undefined>();
  for (const some of pieces(ids)) {
    const options = { includeDocs: false, ...(signal && { signal }) };
    for await (const rows of readKeys(client, `${path}/_all_docs`, some, options)) {
      for (const { id, found } of rows) revisions.set(id, found && { rev: found.rev, deleted: found.deleted });
    }
  }
  return revisions;
}

/**
 * Reads the documents of these ids as they are now, tombstones with their bodies too. What CouchDB does not know is left
 * out. They come in no order, as they arrive.
 */
export async function* readDocuments(place: Place, ids: readonly string[]): AsyncGenerator<ChangedDocument> {
  const { client, path, signal } = place;
  for (const some of pieces(ids)) {
    // `_all_docs` gives the bodies of living documents only.
    const rest: (RevisionOfDocument & WinningRevision)[] = [];
    const options = { includeDocs: true, ...(signal && { signal }) };
    for await (const rows of readKeys(client, `${path}/_all_docs`, some, options)) {
      for (const { id, found } of rows) {
        if (found?.document != null) yield found.document;
        else if (found !== undefined) rest.push({ id, rev: found.rev, deleted: found.deleted });
      }
    }
    if (rest.length > 0) yield* readExact(place, rest);
  }
}

/** Reads exactly these revisions. A tombstone that was replaced since, and compacted away, is given as a bare one. */
async function* readExact(
  { client, path, signal }: Place,
  revisions: readonly (RevisionOfDocument & WinningRevision)[],
): AsyncGenerator<ChangedDocument> {
  const docs = revisions.map(({ id, rev }) => ({ id, rev }));
  const request = { path: `${path}/_bulk_get`, json: { docs }, ...(signal && { signal }) };
  const missing = new Map(revisions.map((revision) => [revision.id, revision]));
  for await (const event of streamRows(client, request, 'results')) {
    if (event.type === 'end') {
      if (event.tail === undefined || !/^\{[\s\S]*\}\s*$/.test(event.tail)) {
        throw brokenOff(`${client.url}${request.path}`, event.tail);
      }
      continue;
    }
    for (const row of event.rows) {
      const document = bulkGetDocument(row);
      if (document === undefined) continue;
      missing.delete(document.id);
      yield document;
    }
  }
  for (const { id, rev, deleted } of missing.values()) {
    if (!deleted) throw unreadable(`${client.url}${path}`, id);
    yield bareTombstone(id, rev);
  }
}

function unreadable(address: string, id: string): SyncError {
  return new SyncError('COUCHDB_UNREACHABLE', `${address}: CouchDB could not read ${JSON.stringify(id)}`, {
    passing: true,
  });
}

/** A tombstone of which no body is known. */
export function bareTombstone(id: string, rev: string): ChangedDocument {
  return { id, rev, deleted: true, text: Buffer.from(JSON.stringify({ _id: id, _rev: rev, _deleted: true })) };
}

/** The document in `{"id":…,"docs":[{"ok":{…}}]}`; undefined when there is an error in its place. */
function bulkGetDocument(row: Buffer): ChangedDocument | undefined {
  const docs = member(row, 'docs');
  if (docs === undefined) throw invalidRow(row);
  const first = docs.indexOf('{');
  const ok = first < 0 ? undefined : member(docs.subarray(first), 'ok');
  return ok && scanDocument(ok);
}

function member(text: Buffer, name: string): Buffer | undefined {
  try {
    for (const { key, valueStart, end } of jsonMembers(text)) {
      if (key === name) return text.subarray(valueStart, end);
    }
  } catch {
    throw invalidRow(text);
  }
  return undefined;
}

const differenceSchema = z.object({ missing: z.array(z.string()) });

/** Asks which of these revisions CouchDB has never seen, or has purged. */
export async function readMissing(
  { client, path, signal }: Place,
  revisions: readonly RevisionOfDocument[],
): Promise<RevisionOfDocument[]> {
  const missing: RevisionOfDocument[] = [];
  for (const some of pieces(revisions)) {
    const asked = new Map<string, string[]>();
    for (const { id, rev } of some) asked.set(id, [...(asked.get(id) ?? []), rev]);
    const request = { path: `${path}/_revs_diff`, json: Object.fromEntries(asked), ...(signal && { signal }) };
    const answer = await client.getJson(request, z.custom<object>(isObject));
    // Not z.record: an id may be called `__proto__`.
    for (const [id, difference] of Object.entries(answer)) {
      const parsed = differenceSchema.safeParse(difference);
      if (!parsed.success) throw invalidRow(Buffer.from(JSON.stringify({ [id]: difference as unknown })));
      for (const rev of parsed.data.missing) missing.push({ id, rev });
    }
  }
  return missing;
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

function* pieces<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += idsAtOnce) yield list.slice(at, at + idsAtOnce);
}
