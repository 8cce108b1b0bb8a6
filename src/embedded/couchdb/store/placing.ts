import { CouchError, conflict } from '../couch-error.js';
import type { NewDocument } from './document.js';
import { knows, leaves, type RevisionTree } from './revision-tree.js';
import { formatRevision, parseRevision, type Revision } from './revision.js';

/** Where a revision goes in the tree. */
export interface Place {
  readonly parent: Revision | undefined;
  /** Its hash, when it has one already. */
  readonly revision: Revision | undefined;
  /** Hashes, newest first. */
  readonly ancestors: readonly string[];
}

/** An edit follows a leaf; without `_rev` only a document that is not there or is deleted can be written. */
export function placeOfEdit(tree: RevisionTree, { rev }: NewDocument): Place {
  let parent = rev;
  if (rev === undefined) {
    if (tree.length > 0) {
      const [first] = leaves(tree);
      if (first?.deleted !== true) throw conflict();
      parent = parseRevision(first.rev);
    }
  } else if (!leaves(tree).some((leaf) => leaf.rev === formatRevision(rev))) throw conflict();
  return { parent, revision: undefined, ancestors: parent === undefined ? [] : [parent.hash] };
}

/** A replica has its revision already; one that the tree knows is not written again. */
export function placeOfReplica(tree: RevisionTree, { rev, history }: NewDocument): Place | undefined {
  const [newest] = history?.ids ?? [];
  const revision = history !== undefined && newest !== undefined ? { generation: history.start, hash: newest } : rev;
  if (revision === undefined) throw new CouchError(400, 'bad_request', 'Documents without new edits need a _rev');
  if (knows(tree, formatRevision(revision))) return undefined;
  const [parentHash, ...older] = history?.ids.slice(1) ?? [];
  const parent = parentHash === undefined ? undefined : { generation: revision.generation - 1, hash: parentHash };
  return { parent, revision, ancestors: parentHash === undefined ? [] : [parentHash, ...older] };
}
