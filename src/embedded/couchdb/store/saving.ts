import type { CountPlan } from './change-counts.js';
import type { Database, DocumentRecord, Shard } from './database.js';
import type { Operation } from './level.js';
import { leaves, winner, type RevisionTree } from './revision-tree.js';
import { rowHead, writeRow } from './row.js';

/** A document while a batch is worked on. */
export interface Draft {
  readonly id: string;
  readonly before: DocumentRecord | undefined;
  readonly beforeText: string | undefined;
  tree: RevisionTree;
  readonly texts: Map<string, string>;
  readonly stemmed: string[];
}

/** Writes what has become of some documents. */
export async function save(database: Database, drafts: readonly Draft[], operations: Operation[]): Promise<void> {
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
