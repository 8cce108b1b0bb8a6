import { collectLeaves, merge, revExists, rootToLeaf, winningRev, type TreeNode, type TreePath } from 'pouchdb-merge';
import { formatRevision, parseRevision, type Revision } from './revision.js';

/** All revisions of a document that are known, in the form that pouchdb-merge works on. */
export type RevisionTree = TreePath[];

/** A revision that no other follows. */
export interface Leaf {
  readonly rev: string;
  readonly deleted: boolean;
}

/** CouchDB's `revs_limit`. */
export const revisionsLimit = 1000;

/**
 * The tree with a new leaf; `tree` itself may be changed by it.
 *
 * @param history - the hashes of the new revision and what is known of its ancestors, newest first.
 */
export function grow(
  tree: RevisionTree,
  leaf: { readonly generation: number; readonly deleted: boolean; readonly history: readonly string[] },
): { readonly tree: RevisionTree; readonly stemmed: readonly string[] } {
  let node: TreeNode | undefined;
  for (const hash of leaf.history) {
    node =
      node === undefined
        ? [hash, leaf.deleted ? { status: 'available', deleted: true } : { status: 'available' }, []]
        : [hash, { status: 'missing' }, [node]];
  }
  if (node === undefined) throw new RangeError('a revision has at least its own hash');
  const path = { pos: leaf.generation - leaf.history.length + 1, ids: node };
  if (tree.length === 0 && leaf.history.length <= revisionsLimit) return { tree: [path], stemmed: [] };
  const merged = merge(tree, path, revisionsLimit);
  return { tree: merged.tree, stemmed: merged.stemmedRevs };
}

/** The revision that CouchDB shows when none is asked for. */
export function winner(tree: RevisionTree): string {
  return winningRev({ rev_tree: tree });
}

/** Whether the tree knows a revision, as a leaf or as an ancestor. */
export function knows(tree: RevisionTree, rev: string): boolean {
  return revExists(tree, rev);
}

/** All leaves, the winner first, then in the order in which they would win. */
export function leaves(tree: RevisionTree): Leaf[] {
  const found = collectLeaves(tree).map(({ rev, opts }) => ({ rev, deleted: opts.deleted === true }));
  return found.length < 2 ? found : found.sort(byPrecedence);
}

/** A revision and its ancestors, newest first, each with whether its body was kept when it was written. */
export function ancestry(tree: RevisionTree, rev: string): { rev: string; available: boolean; deleted: boolean }[] {
  const { generation, hash } = parseRevision(rev);
  for (const path of rootToLeaf(tree)) {
    const at = generation - path.pos;
    if (path.ids[at]?.id !== hash) continue;
    return path.ids
      .slice(0, at + 1)
      .map(({ id, opts }, index) => ({
        rev: formatRevision({ generation: path.pos + index, hash: id }),
        available: opts.status === 'available',
        deleted: opts.deleted === true,
      }))
      .reverse();
  }
  return [];
}

/** The leaf that followed a revision, the first of them in the order of {@link leaves}. */
export function latestOf(tree: RevisionTree, rev: string): string | undefined {
  return leaves(tree).find((leaf) => ancestry(tree, leaf.rev).some((ancestor) => ancestor.rev === rev))?.rev;
}

/** The tree without some leaves and without what only they came from, as a purge leaves it. */
export function prune(tree: RevisionTree, revs: ReadonlySet<string>): RevisionTree {
  let kept: RevisionTree = [];
  for (const path of rootToLeaf(tree)) {
    const last = path.ids.at(-1);
    if (last === undefined) continue;
    if (revs.has(formatRevision({ generation: path.pos + path.ids.length - 1, hash: last.id }))) continue;
    let node: TreeNode | undefined;
    for (const { id, opts } of path.ids.toReversed()) node = [id, opts, node === undefined ? [] : [node]];
    if (node !== undefined) kept = merge(kept, { pos: path.pos, ids: node }, revisionsLimit).tree;
  }
  return kept;
}

/** Not deleted before deleted, then the longer, then the greater hash. */
function byPrecedence(one: Leaf, other: Leaf): number {
  if (one.deleted !== other.deleted) return one.deleted ? 1 : -1;
  const [a, b]: Revision[] = [parseRevision(one.rev), parseRevision(other.rev)];
  if (a === undefined || b === undefined) return 0;
  return b.generation - a.generation || (a.hash < b.hash ? 1 : -1);
}
