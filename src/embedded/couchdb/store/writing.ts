import { CouchError, conflict } from '../couch-error.js';
import { digestOf, missingStub, type AttachmentStub } from './attachment.js';
import type { CountPlan } from './change-counts.js';
import type { Database, DocumentRecord, Shard } from './database.js';
import { documentText, stubsOf, type NewDocument } from './document.js';
import type { Operation } from './level.js';
import { grow, knows, leaves, winner, type RevisionTree } from './revision-tree.js';
import { formatRevision, nextRevision, parseRevision, type Revision } from './revision.js';
import { rowHead, writeRow } from './row.js';

/** A document that was written, or that was there already; or why it was not written. */
export type WriteResult = { readonly id: string; readonly rev: string } | CouchError;

/** A document while a batch is worked on. */
interface Draft {
  readonly id: string;
  readonly before: DocumentRecord | undefined;
  readonly beforeText: string | undefined;
  tree: RevisionTree;
  readonly texts: Map<string, string>;
  readonly stemmed: string[];
}

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
    const place = newEdits ? placeOfEdit(draft, document) : placeOfReplica(draft, document);
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

/** Where a revision goes in the tree. */
interface Place {
  readonly parent: Revision | undefined;
  /** Its hash, when it has one already. */
  readonly revision: Revision | undefined;
  /** Hashes, newest first. */
  readonly ancestors: readonly string[];
}

/** An edit follows a leaf; without `_rev` only a document that is not there or is deleted can be written. */
function placeOfEdit(draft: Draft, { rev }: NewDocument): Place {
  let parent = rev;
  if (rev === undefined) {
    if (draft.tree.length > 0) {
      const [first] = leaves(draft.tree);
      if (first?.deleted !== true) throw conflict();
      parent = parseRevision(first.rev);
    }
  } else if (!leaves(draft.tree).some((leaf) => leaf.rev === formatRevision(rev))) throw conflict();
  return { parent, revision: undefined, ancestors: parent === undefined ? [] : [parent.hash] };
}

/** A replica has its revision already; one that the tree knows is not written again. */
function placeOfReplica(draft: Draft, { rev, history }: NewDocument): Place | undefined {
  const [newest] = history?.ids ?? [];
  const revision = history !== undefined && newest !== undefined ? { generation: history.start, hash: newest } : rev;
  if (revision === undefined) throw new CouchError(400, 'bad_request', 'Documents without new edits need a _rev');
  if (knows(draft.tree, formatRevision(revision))) return undefined;
  const [parentHash, ...older] = history?.ids.slice(1) ?? [];
  const parent = parentHash === undefined ? undefined : { generation: revision.generation - 1, hash: parentHash };
  return { parent, revision, ancestors: parentHash === undefined ? [] : [parentHash, ...older] };
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

async function save(database: Database, drafts: readonly Draft[], operations: Operation[]): Promise<void> {
  const { state } = database;
  const shards = state.shards.map((shard) => ({ ...shard }));
  const counts = database.counts.plan();
  let { live, deleted } = state;
  for (const draft of drafts) {
    const after = await saveDraft(database, draft, { operations, counts, shards });
    if (draft.before !== undefined) {
      if (draft.before.deleted) deleted -= 1;
      else live -= 1;
    }
    if (after.deleted) deleted += 1;
    else live += 1;
  }
  await database.commit({ ...state, shards, live, deleted }, operations, counts);
}

/** What a batch gathers. */
export interface Gathered {
  readonly operations: Operation[];
  readonly counts: CountPlan;
  readonly shards: { -readonly [Key in keyof Shard]: Shard[Key] }[];
}

/** Gives a document its new row; its texts other than the winner's go where old and losing revisions are. */
async function saveDraft(database: Database, draft: Draft, gathered: Gathered): Promise<DocumentRecord> {
  const { keys } = database;
  const { id, before, beforeText, tree, texts } = draft;
  const rev = winner(tree);
  const document =
    texts.get(rev) ?? (rev === before?.rev ? beforeText : await database.level.get(keys.revision(id, rev)));
  for (const [written, text] of texts) {
    if (written !== rev) gathered.operations.push({ type: 'put', key: keys.revision(id, written), value: text });
  }
  if (before !== undefined && before.rev !== rev && beforeText !== undefined) {
    gathered.operations.push({ type: 'put', key: keys.revision(id, before.rev), value: beforeText });
  }
  if (before !== undefined && before.rev !== rev && !texts.has(rev)) {
    gathered.operations.push({ type: 'del', key: keys.revision(id, rev) });
  }
  for (const stemmed of draft.stemmed) gathered.operations.push({ type: 'del', key: keys.revision(id, stemmed) });
  return moveRow(database, { id, before, tree, rev, document: document ?? '' }, gathered);
}

/** Takes a document's row away and puts a new one at the end of its shard. */
export function moveRow(
  database: Database,
  document: { id: string; before: DocumentRecord | undefined; tree: RevisionTree; rev: string; document: string },
  { operations, counts, shards }: Gathered,
): DocumentRecord {
  const { keys } = database;
  const { id, before, tree, rev } = document;
  const shardNumber = database.shardOf(id);
  const shard = shards[shardNumber];
  if (shard === undefined) throw new RangeError(`no shard ${shardNumber}`);
  if (before !== undefined) {
    operations.push({ type: 'del', key: keys.row(shardNumber, before.seq) });
    counts.add(shardNumber, before.seq, -1);
  }
  shard.seq += 1;
  const { seq } = shard;
  const all = leaves(tree);
  const deleted = all[0]?.deleted === true;
  const record: DocumentRecord = { seq, rev, deleted, tree };
  const branched = all.length > 1;
  const row = writeRow({ seq, branched, head: rowHead(id, [rev], deleted), document: document.document });
  operations.push({ type: 'put', key: keys.document(id), value: JSON.stringify(record) });
  operations.push({ type: 'put', key: keys.row(shardNumber, seq), value: row });
  counts.add(shardNumber, seq, 1);
  return record;
}
