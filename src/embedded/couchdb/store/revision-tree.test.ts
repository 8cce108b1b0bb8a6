import fc from 'fast-check';
import { winningRev } from 'pouchdb-merge';
import { expect, test } from 'vitest';
import { ancestry, grow, knows, latestOf, leaves, prune, revisionsLimit, type RevisionTree } from './revision-tree.js';

/** A tree from histories, newest hash first. */
function tree(
  ...paths: (readonly [generation: number, history: readonly string[], deleted?: boolean])[]
): RevisionTree {
  let grown: RevisionTree = [];
  for (const [generation, history, deleted = false] of paths) {
    grown = grow(grown, { generation, history, deleted }).tree;
  }
  return grown;
}

/** Short hashes meet often, so that histories join and part. */
const path = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 5 }), fc.nat(2), fc.boolean())
  .map(([hashes, more, deleted]) => [hashes.length + more, hashes, deleted] as const);

test('the first leaf is the one that pouchdb-merge says wins', () => {
  fc.assert(
    fc.property(fc.array(path, { minLength: 1, maxLength: 6 }), (paths) => {
      const grown = tree(...paths.map(([generation, hashes, deleted]) => [generation, hashes, deleted] as const));
      expect(leaves(grown)[0]?.rev).toBe(winningRev({ rev_tree: grown }));
    }),
  );
});

test('of two leaves the longer wins, then the greater hash, and any that is not deleted before', () => {
  const grown = tree([2, ['b', 'a']], [2, ['c', 'a']], [4, ['z', 'y', 'x', 'a'], true]);
  expect(leaves(grown).map(({ rev }) => rev)).toEqual(['2-c', '2-b', '4-z']);
});

test('a revision has its ancestors, newest first, and is known like them', () => {
  const grown = tree([1, ['a']], [3, ['c', 'b', 'a']], [2, ['x', 'a']]);
  expect(ancestry(grown, '3-c').map(({ rev }) => rev)).toEqual(['3-c', '2-b', '1-a']);
  expect(['1-a', '2-b', '2-x', '2-q'].map((rev) => knows(grown, rev))).toEqual([true, true, true, false]);
  expect(latestOf(grown, '2-b')).toBe('3-c');
  expect(ancestry(grown, '9-z')).toEqual([]);
});

test('what is pruned takes with it what only it came from', () => {
  const grown = tree([1, ['a']], [3, ['c', 'b', 'a']], [2, ['x', 'a']]);
  const pruned = prune(grown, new Set(['3-c']));
  expect(leaves(pruned)).toEqual([{ rev: '2-x', deleted: false }]);
  expect(knows(pruned, '2-b')).toBe(false);
  expect(prune(pruned, new Set(['2-x']))).toEqual([]);
});

test('a history that is too long loses its oldest revisions', () => {
  const history = Array.from({ length: revisionsLimit + 10 }, (_, n) => `h${n}`);
  const { tree: grown } = grow([], { generation: history.length, history, deleted: false });
  expect(ancestry(grown, `${history.length}-h0`)).toHaveLength(revisionsLimit);
});
