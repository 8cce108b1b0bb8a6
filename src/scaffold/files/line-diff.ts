/** A run of lines that both texts have, or that one has and the other has instead. Line numbers begin at 0. */
export interface Chunk {
  readonly same: boolean;
  readonly from: { readonly start: number; readonly end: number };
  readonly to: { readonly start: number; readonly end: number };
}

/**
 * The shortest way from one list of lines to another, as chunks that cover both: E. W. Myers, "An O(ND) Difference Algorithm
 * and Its Variations", 1986.
 */
export function diffLines(from: readonly string[], to: readonly string[]): Chunk[] {
  return chunksOf(matches(from, to), from.length, to.length);
}

/** The pairs of lines, one of each, that stay the same. */
function matches(from: readonly string[], to: readonly string[]): [number, number][] {
  const longest = from.length + to.length;
  // How far each diagonal was come to with so many edits; a copy for each number of edits leads back.
  let reached = new Map<number, number>([[1, 0]]);
  const history: Map<number, number>[] = [];
  for (let edits = 0; edits <= longest; edits += 1) {
    history.push(new Map(reached));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const isDown = comesFromAbove(reached, diagonal, edits);
      let x = isDown ? (reached.get(diagonal + 1) ?? 0) : (reached.get(diagonal - 1) ?? 0) + 1;
      while (x < from.length && x - diagonal < to.length && from[x] === to[x - diagonal]) x += 1;
      reached.set(diagonal, x);
      if (x >= from.length && x - diagonal >= to.length) return walkBack(history, from.length, to.length);
    }
    reached = new Map(reached);
  }
  return [];
}

function walkBack(
  history: readonly ReadonlyMap<number, number>[],
  fromLength: number,
  toLength: number,
): [number, number][] {
  const pairs: [number, number][] = [];
  let [x, y] = [fromLength, toLength];
  for (let edits = history.length - 1; edits >= 0; edits -= 1) {
    const reached = history[edits] ?? new Map<number, number>();
    const diagonal = x - y;
    const before = comesFromAbove(reached, diagonal, edits) ? diagonal + 1 : diagonal - 1;
    const startX = edits === 0 ? 0 : (reached.get(before) ?? 0);
    const startY = edits === 0 ? 0 : startX - before;
    while (x > startX && y > startY) {
      x -= 1;
      y -= 1;
      pairs.push([x, y]);
    }
    [x, y] = [startX, startY];
  }
  return pairs.reverse();
}

function comesFromAbove(reached: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean {
  const [left, above] = [reached.get(diagonal - 1) ?? -1, reached.get(diagonal + 1) ?? -1];
  return diagonal === -edits || (diagonal !== edits && left < above);
}

function chunksOf(pairs: readonly (readonly [number, number])[], fromLength: number, toLength: number): Chunk[] {
  const chunks: Chunk[] = [];
  let [x, y] = [0, 0];
  const push = (same: boolean, toX: number, toY: number) => {
    if (toX > x || toY > y) chunks.push({ same, from: { start: x, end: toX }, to: { start: y, end: toY } });
    [x, y] = [toX, toY];
  };
  for (let index = 0; index < pairs.length;) {
    const [startX, startY] = pairs[index] ?? [0, 0];
    push(false, startX, startY);
    let length = 0;
    while (pairs[index + length]?.[0] === startX + length && pairs[index + length]?.[1] === startY + length)
      length += 1;
    push(true, startX + length, startY + length);
    index += length;
  }
  push(false, fromLength, toLength);
  return chunks;
}
