import { createPatch, OMIT_HEADERS } from 'diff';
import { textOf } from './lines.js';

/** Lines around a change that are shown, too. */
const context = 3;

/**
 * The difference of two texts in the unified form of diff(1), without the two lines that name the files. A last line that is
 * not ended is followed by a line that says so.
 */
export function unifiedDiff(from: readonly string[], to: readonly string[]): string[] {
  const options = { context, headerOptions: OMIT_HEADERS };
  const patch = createPatch('', textOf(from), textOf(to), undefined, undefined, options);
  // Each line of a difference begins with a mark: an empty one is only the end of the text.
  return patch.split('\n').filter((line) => line !== '');
}
