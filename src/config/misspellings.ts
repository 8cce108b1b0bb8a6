import { fileVariableOf, flagOf } from './option.js';
import { optionList } from './options.js';
import type { Problem } from './problem.js';

/** Names that people use for our options, because other programs or older guides call them so. */
const otherNames: Readonly<Record<string, string>> = {
  DBT_THREADS: 'DBT_THREAD_COUNT',
  COUCHDB_URL: 'COUCHDB_HOST',
  COUCH_URL: 'COUCHDB_HOST',
  COUCHDB_DATABASE: 'COUCHDB_DBS',
  COUCHDB_DATABASES: 'COUCHDB_DBS',
  POSTGRES_DATABASE: 'POSTGRES_DB',
  POSTGRES_URL: 'POSTGRES_HOST',
};

const ourPrefixes = /^(?:COUCHDB|POSTGRES|DBT|BATCH)_/;

/** All names that are ours. */
export const knownNames: ReadonlySet<string> = new Set(
  optionList.flatMap(({ env, secret }) => (secret === true ? [env, fileVariableOf(env)] : [env])),
);

/**
 * Warns of names that look like misspelled options: in `.env`, all that are near to one of ours; in the environment,
 * where most names are other programs', those that begin as ours do or differ in one letter.
 */
export function misspellings(names: Iterable<string>, origin: '.env' | 'environment'): Problem[] {
  return [...names].flatMap((name) => {
    if (knownNames.has(name)) return [];
    const meant = otherNames[name] ?? nearest(name, ourPrefixes.test(name) ? 3 : origin === '.env' ? 2 : 1);
    if (meant === undefined) return [];
    return [{ option: name, origin, cause: 'there is no such option', remedy: `Did you mean ${meant}?` }];
  });
}

/** The option that a mistyped flag was meant to be, if there is one. */
export function nearestFlag(flag: string): string | undefined {
  const meant = nearest(flag.replace(/^-+/, '').replaceAll('-', '_').toUpperCase(), 3);
  if (meant === undefined) return undefined;
  const secret = optionList.some((option) => option.env === meant && option.secret === true);
  return flagOf(secret ? fileVariableOf(meant) : meant);
}

function nearest(name: string, farthest: number): string | undefined {
  return nearestOf(name, knownNames, farthest);
}

/** The nearest of some names that is not farther than so many letters. */
export function nearestOf(name: string, names: Iterable<string>, farthest: number): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const known of names) {
    const cutOrLengthened =
      Math.min(known.length, name.length) >= 8 && (known.startsWith(name) || name.startsWith(known));
    const distance = cutOrLengthened ? 1 : editDistance(name, known);
    if (distance <= farthest && distance < (best?.distance ?? Infinity)) best = { name: known, distance };
  }
  return best?.name;
}

/** How many letters must be put in, left out, changed or swapped with their neighbour to make one text of the other. */
export function editDistance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1] ? 0 : 1;
      const at = (line: number[], index: number) => line[index] ?? Infinity;
      let least = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + same);
      const swapped = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (swapped) least = Math.min(least, at(beforeLast, column - 2) + 1);
      current.push(least);
    }
    [beforeLast, last] = [last, current];
  }
  return last[other.length] ?? 0;
}
