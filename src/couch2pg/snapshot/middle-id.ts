import { compareIds } from '../verify/id-order.js';

/** So many characters behind what two ids share decide where the middle is. */
const digits = 4;
/** Ids are mostly ASCII. */
const base = 128;

/**
 * An id about halfway between two others, in CouchDB's order: behind `low`, and `high` itself at the latest. Undefined when
 * nothing is between. So of the ids from `low` to `high` there is at least one on either side.
 */
export function middleId(low: string, high: string): string | undefined {
  if (compareIds(low, high) >= 0) return undefined;
  const [lowPoints, highPoints] = [Array.from(low), Array.from(high)];
  let shared = 0;
  while (lowPoints[shared] === highPoints[shared]) shared += 1;
  const prefix = highPoints.slice(0, shared).join('');
  const value = Math.floor((valueOf(lowPoints.slice(shared)) + valueOf(highPoints.slice(shared))) / 2);
  const middle = prefix + textOf(value);
  if (compareIds(low, middle) < 0 && compareIds(middle, high) <= 0) return middle;
  // Ids that differ behind these characters only, or are not ASCII.
  return prefix + (highPoints[shared] ?? '');
}

/** Reads the first characters as the digits of a number. */
function valueOf(points: readonly string[]): number {
  let value = 0;
  for (let i = 0; i < digits; i += 1) value = value * base + Math.min(points[i]?.codePointAt(0) ?? 0, base - 1);
  return value;
}

function textOf(value: number): string {
  const codes: number[] = [];
  for (let rest = value; codes.length < digits; rest = Math.floor(rest / base)) codes.unshift(rest % base);
  return String.fromCharCode(...codes).replace(/\0+$/, '');
}
