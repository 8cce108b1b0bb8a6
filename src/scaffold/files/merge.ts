import { diff3Merge } from 'node-diff3';

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
  const regions = diff3Merge([...mine], [...base], [...theirs]);
  return regions.some(({ conflict }) => conflict !== undefined) ? undefined : regions.flatMap(({ ok }) => ok ?? []);
}
