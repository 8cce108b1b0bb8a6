import type { Path } from '../shape/path.js';
import { jsonAt } from './jinja.js';

/** The alias of the elements of an array at a level of repeats in repeats, counted from 0; it has `value` and `position`. */
export function elementAlias(level: number): string {
  return `element_${level + 1}`;
}

/**
 * The elements of arrays in arrays, as tables that are to be joined laterally, the outermost first. CHT writes a repeat as an
 * array; some versions wrote a single element without one.
 *
 * @param outermost - the JSON of the outermost array, as SQL.
 */
export function elementTables(arrays: readonly Path[], outermost: string): string[] {
  return arrays.map((path, level) => {
    const json = level === 0 ? outermost : `(${jsonAt(`${elementAlias(level - 1)}.value`, path)})`;
    return `jsonb_array_elements(
  case jsonb_typeof(${json})
    when 'array' then ${json}
    when 'object' then jsonb_build_array(${json})
    else '[]'
  end
) with ordinality as ${elementAlias(level)} (value, position)`;
  });
}
