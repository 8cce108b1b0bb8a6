import type { Entry, SampleDocument } from './documents.js';
import type { Random } from './random.js';

/**
 * The revisions of an entry in the order they are to be written, ready for `_bulk_docs` with `new_edits: false`: each has
 * its `_rev` and, after the first, the `_revisions` that lead to it. So a document that is sent twice stays the same
 * one. Each `_rev` is `N-` and 32 hexadecimal digits, as CouchDB makes them.
 */
export function revisionsOf(entry: Entry, random: Random): [SampleDocument, ...SampleDocument[]] {
  const first = random.hex(4);
  const revisions: [SampleDocument, ...SampleDocument[]] = [{ _rev: `1-${first}`, ...entry.document }];
  if (entry.later === undefined && entry.conflict === undefined) return revisions;

  let ids = [first];
  let parents = ids;
  for (const document of entry.later ?? []) {
    parents = ids;
    ids = [random.hex(4), ...ids];
    revisions.push(withHistory(document, ids));
  }
  if (entry.conflict !== undefined) revisions.push(withHistory(entry.conflict, [random.hex(4), ...parents]));
  return revisions;
}

function withHistory(document: SampleDocument, ids: readonly string[]): SampleDocument {
  const { _id, ...body } = document;
  return { _id, _rev: `${ids.length}-${ids[0] ?? ''}`, _revisions: { start: ids.length, ids }, ...body };
}
