/** What we use of `pouchdb-merge`, which brings no types. */
declare module 'pouchdb-merge' {
  interface NodeOptions {
    status: 'available' | 'missing';
    deleted?: boolean;
  }

  /** Hash, options, branches. */
  type TreeNode = [hash: string, options: NodeOptions, branches: TreeNode[]];

  interface TreePath {
    pos: number;
    ids: TreeNode;
  }

  /** Merges a path into a tree (which it may change) and cuts branches longer than `depth`. */
  export function merge(
    tree: TreePath[],
    path: TreePath,
    depth: number,
  ): { tree: TreePath[]; stemmedRevs: string[]; conflicts: 'new_leaf' | 'new_branch' | 'internal_node' };

  export function winningRev(metadata: { rev_tree: TreePath[] }): string;

  export function collectLeaves(tree: TreePath[]): { rev: string; opts: NodeOptions }[];

  export function revExists(tree: TreePath[], rev: string): boolean;

  /** Every way from a root to a leaf; `pos` is the generation of the first. */
  export function rootToLeaf(tree: TreePath[]): { pos: number; ids: { id: string; opts: NodeOptions }[] }[];
}
