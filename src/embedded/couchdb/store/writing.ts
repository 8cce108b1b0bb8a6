import { CouchError } from '../couch-error.js';
import { digestOf, missingStub, type AttachmentStub } from './attachment.js';
import type { Database } from './database.js';
import { documentText, stubsOf, type NewDocument } from './document.js';
import type { Operation } from './level.js';
import { placeOfEdit, placeOfReplica, type Place } from './placing.js';
import { grow } from './revision-tree.js';
import { formatRevision, nextRevision, type Revision } from './revision.js';
import { save, type Draft } from './saving.js';

/** A document that was written, or that was there already; or why it was not written. */
export type WriteResult = { readonly id: string; readonly rev: string } | CouchError;

/**
 * Writes documents in one go; when the promise resolves they are in the store.
 *
 * @param newEdits - true: each is an edit of the leaf its `_rev` names. False: each is a revision made elsewhere, which
 *   is put into the tree where its history says, as replication does.
 */
export function writeDocuments(
  database: Database,
  documents: readonly NewDocument[],
  newEdits: boolean,
): Promise<WriteResult[]> {
  return database.exclusive(async () => {
    const operations: Operation[] = [];
    const drafts = await openDrafts(database, [...new Set(documents.map(({ id }) => id))]);
    const results: WriteResult[] = [];
    for (const document of documents) {
      const draft = drafts.get(document.id);
      if (draft === undefined) throw new Error('each document has a draft');
      results.push(await edit(database, draft, document, newEdits, operations));
    }
    const changed = [...drafts.values()].filter(({ texts }) => texts.size > 0);
    if (changed.length > 0) await save(database, changed, operations);
    return results;
  });
}

async function openDrafts(database: Database, ids: readonly string[]): Promise<Map<string, Draft>> {
  const records = await database.records(ids);
  const known = ids.flatMap((id, at) => {
    const record = records[at];
    return record === undefined ? [] : [{ id, seq: record.seq }];
  });
  const rows = await database.rows(known);
  const texts = new Map(known.map(({ id }, at) => [id, rows[at]?.document]));
  return new Map(
    ids.map((id, at) => {
      const before = records[at];
      return [
        id,
        { id, before, beforeText: texts.get(id), tree: before?.tree ?? [], texts: new Map(), stemmed: [] } as const,
      ];
    }),
  );
}

async function edit(
  database: Database,
  draft: Draft,
  document: NewDocument,
  newEdits: boolean,
  operations: Operation[],
): Promise<WriteResult> {
  try {
    const place = newEdits ? placeOfEdit(draft.tree, document) : placeOfReplica(draft.tree, document);
    if (place === undefined) return { id: draft.id, rev: formatRevision(document.rev ?? { generation: 0, hash: '' }) };
    const stubs = await storeAttachments(database, draft, document, place, operations);
    const attachments = stubs.size === 0 ? '' : JSON.stringify(Object.fromEntries(stubs));
    const { deleted, body } = document;
    const revision = place.revision ?? nextRevision(place.parent, { deleted, body, attachments });
    const { generation, hash } = revision;
    const grown = grow(draft.tree, { generation, deleted, history: [hash, ...place.ancestors] });
    draft.tree = grown.tree;
    draft.stemmed.push(...grown.stemmed);
    const rev = formatRevision(revision);
    draft.texts.set(rev, documentText({ id: draft.id, rev, deleted, body, attachments }));
    return { id: draft.id, rev };
  } catch (error) {
    if (error instanceof CouchError) return error;
    throw error;
  }
}

async function storeAttachments(
  database: Database,
  draft: Draft,
  { attachments }: NewDocument,
  { parent, revision }: Place,
  operations: Operation[],
): Promise<Map<string, AttachmentStub>> {
  const stubs = new Map<string, AttachmentStub>();
  let inherited: Map<string, AttachmentStub> | undefined;
  const generation = revision?.generation ?? (parent?.generation ?? 0) + 1;
  for (const [name, attachment] of attachments) {
    if ('data' in attachment) {
      const { data, contentType } = attachment;
      const digest = digestOf(data);
      const revpos = revision === undefined ? generation : (attachment.revpos ?? generation);
      stubs.set(name, { content_type: contentType, revpos, digest, length: data.length, stub: true });
      operations.push({ type: 'put', key: database.keys.attachment(digest), value: data.toString('base64') });
    } else {
      inherited ??= stubsOf((await textOf(database, draft, parent)) ?? '');
      const stub = inherited.get(name);
      if (stub === undefined) throw missingStub(draft.id, name);
      stubs.set(name, stub);
    }
  }
  return stubs;
}

async function textOf(database: Database, draft: Draft, revision: Revision | undefined): Promise<string | undefined> {
  if (revision === undefined) return undefined;
  const rev = formatRevision(revision);
  if (rev === draft.before?.rev) return draft.beforeText;
  return draft.texts.get(rev) ?? database.level.get(database.keys.revision(draft.id, rev));
}
