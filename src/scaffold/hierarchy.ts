import { nameOf, uniqueNames } from './naming.js';

/** The types that a contact of each type may be in. */
export type ParentTypes = ReadonlyMap<string, readonly string[]>;

/** What is above the contacts of a type. */
export interface Ancestors {
  /** A column for the ancestor at each level, the nearest first. */
  readonly levels: readonly string[];
  /**
   * A column for each type that an ancestor may be of, with the levels (counted from 0) at which it may be; none where each
   * level has one type, whose name its column has then.
   */
  readonly types: readonly { readonly type: string; readonly column: string; readonly levels: readonly number[] }[];
}

/** A hierarchy in which a type may be in itself is followed no further. */
const mostLevels = 6;

/** The hierarchy of a CHT whose settings name none. */
export const defaultParents: ParentTypes = new Map([
  ['district_hospital', []],
  ['health_center', ['district_hospital']],
  ['clinic', ['health_center']],
  ['person', ['clinic', 'health_center', 'district_hospital']],
]);

/** Follows the parents of a type upwards. */
export function ancestorsOf(type: string, parents: ParentTypes, taken: Iterable<string>): Ancestors {
  const levels: string[][] = [];
  for (let here = [type]; levels.length < mostLevels;) {
    here = [...new Set(here.flatMap((each) => parents.get(each) ?? []))].sort();
    if (here.length === 0) break;
    levels.push(here);
  }
  const types = [...new Set(levels.flat())];
  const names = (reserved: readonly string[]) =>
    uniqueNames(new Map(types.map((each) => [each, nameOf([each])])), { taken: [...taken, ...reserved] });
  if (types.length === levels.length && levels.every((level) => level.length === 1)) {
    const columns = names([]);
    return { levels: types.map((each) => columns.get(each) ?? each), types: [] };
  }
  const numbered = levels.map((_, level) => `ancestor_${level + 1}`);
  const columns = names(numbered);
  return {
    levels: numbered,
    types: types.map((each) => ({
      type: each,
      column: columns.get(each) ?? each,
      levels: levels.flatMap((level, index) => (level.includes(each) ? [index] : [])),
    })),
  };
}
