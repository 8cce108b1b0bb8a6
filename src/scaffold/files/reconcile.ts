import { parseDocument } from 'yaml';
import { sameLines } from './lines.js';
import { mergeLines } from './merge.js';

/** A file as it was generated last, as it is in the folder, and as it is generated now; in lines. */
export interface FileVersions {
  readonly generated: readonly string[];
  readonly last: readonly string[] | undefined;
  readonly present: readonly string[] | undefined;
}

/** What becomes of a file. */
export type FileOutcome =
  /** It is written for the first time, or as the user has not changed it, or with the user's edits merged in. */
  | { readonly kind: 'new' | 'changed' | 'merged'; readonly lines: readonly string[] }
  /** The user has changed what changes: the generated version goes beside it. */
  | { readonly kind: 'conflict'; readonly lines: readonly string[] }
  /** It is as it should be; the user has perhaps edited it, and it is not generated differently from last time. */
  | { readonly kind: 'same' }
  /** The user has removed it: it stays away. */
  | { readonly kind: 'removed' };

/** Decides what becomes of a file, so that no edit of the user's is lost. */
export function reconcile(path: string, { generated, last, present }: FileVersions): FileOutcome {
  if (present === undefined) return last === undefined ? { kind: 'new', lines: generated } : { kind: 'removed' };
  if (sameLines(present, generated)) return { kind: 'same' };
  if (last === undefined) return { kind: 'conflict', lines: generated };
  if (sameLines(last, generated)) return { kind: 'same' };
  if (sameLines(last, present)) return { kind: 'changed', lines: generated };
  const merged = mergeLines(last, present, generated);
  if (merged === undefined || !isSound(path, merged)) return { kind: 'conflict', lines: generated };
  return sameLines(merged, present) ? { kind: 'same' } : { kind: 'merged', lines: merged };
}

/** Lines of two sides that merge may still make no YAML together. */
function isSound(path: string, lines: readonly string[]): boolean {
  return !path.endsWith('.yml') || parseDocument(lines.join('\n')).errors.length === 0;
}
