import { diffLines, type Chunk } from './line-diff.js';

/** Lines around a change that are shown, too. */
const context = 3;

/** The difference of two texts in the unified form of diff(1), without the two lines that name the files. */
export function unifiedDiff(from: readonly string[], to: readonly string[]): string[] {
  const lines: string[] = [];
  for (const hunk of hunksOf(diffLines(from, to))) {
    const body = hunk.flatMap(({ same, from: { start, end }, to: into }) =>
      same
        ? from.slice(start, end).map((line) => ` ${line}`)
        : [
            ...from.slice(start, end).map((line) => `-${line}`),
            ...to.slice(into.start, into.end).map((line) => `+${line}`),
          ],
    );
    lines.push(`@@ -${range(hunk, 'from')} +${range(hunk, 'to')} @@`, ...body);
  }
  return lines;
}

/** Changes with what is around them; those near each other are one hunk. */
function hunksOf(chunks: readonly Chunk[]): Chunk[][] {
  const hunks: Chunk[][] = [];
  let hunk: Chunk[] = [];
  chunks.forEach((chunk, index) => {
    if (!chunk.same) {
      hunk.push(chunk);
      return;
    }
    const length = chunk.from.end - chunk.from.start;
    const isLast = index === chunks.length - 1;
    if (hunk.length > 0 && !isLast && length <= 2 * context) {
      hunk.push(chunk);
      return;
    }
    if (hunk.length > 0) hunks.push([...hunk, part(chunk, 0, Math.min(context, length))]);
    hunk = isLast ? [] : [part(chunk, Math.max(0, length - context), length)];
  });
  if (hunk.some(({ same }) => !same)) hunks.push(hunk);
  return hunks;
}

function part({ same, from, to }: Chunk, start: number, end: number): Chunk {
  return {
    same,
    from: { start: from.start + start, end: from.start + end },
    to: { start: to.start + start, end: to.start + end },
  };
}

function range(hunk: readonly Chunk[], side: 'from' | 'to'): string {
  const start = hunk[0]?.[side].start ?? 0;
  const length = (hunk.at(-1)?.[side].end ?? 0) - start;
  // An empty range is named by the line before it.
  return `${length === 0 ? start : start + 1},${length}`;
}
