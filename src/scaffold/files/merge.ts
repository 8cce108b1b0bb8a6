import { diffLines, type Chunk } from './line-diff.js';
import { sameLines } from './lines.js';

/**
 * Merges two edits of a text, by lines: what only one of them has changed is taken from it, what both have changed to the
 * same is taken once.
 *
 * @returns undefined when both have changed the same lines, or lines next to each other, in different ways.
 */
export function mergeLines(
  base: readonly string[],
  mine: readonly string[],
  theirs: readonly string[],
): string[] | undefined {
  const edits = [...editsOf(base, mine, 'mine'), ...editsOf(base, theirs, 'theirs')].sort(
    (one, other) => one.start - other.start || one.end - other.end,
  );
  const merged: string[] = [];
  let at = 0;
  let last: Edit | undefined;
  for (const edit of edits) {
    if (last !== undefined && edit.by !== last.by && touches(last, edit)) {
      if (isSame(last, edit)) continue;
      return undefined;
    }
    merged.push(...base.slice(at, edit.start), ...edit.lines);
    at = edit.end;
    last = edit;
  }
  return [...merged, ...base.slice(at)];
}

/** The lines of the base from `start` to before `end` were replaced. */
interface Edit {
  readonly by: 'mine' | 'theirs';
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
}

function editsOf(base: readonly string[], side: readonly string[], by: Edit['by']): Edit[] {
  return diffLines(base, side)
    .filter(({ same }: Chunk) => !same)
    .map(({ from, to }) => ({ by, start: from.start, end: from.end, lines: side.slice(to.start, to.end) }));
}

function touches(one: Edit, other: Edit): boolean {
  return other.start <= one.end;
}

function isSame(one: Edit, other: Edit): boolean {
  return one.start === other.start && one.end === other.end && sameLines(one.lines, other.lines);
}
