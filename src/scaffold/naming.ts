/** The most bytes that PostgreSQL keeps of a name. */
export const longestColumn = 63;
/** dbt puts up to 13 characters behind the name of a model's table. */
export const longestModel = 50;

/** Words that PostgreSQL does not take as the name of a column without quotes. */
const reserved = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char
  character check coalesce collate collation column concurrently constraint create cross current_catalog current_date
  current_role current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do
  else end except exists extract false fetch float for foreign freeze from full grant greatest group grouping having ilike
  in initially inner inout int integer intersect interval into is isnull join json json_array json_arrayagg json_exists
  json_object json_objectagg json_query json_scalar json_serialize json_table json_value lateral leading least left like
  limit localtime localtimestamp merge_action national natural nchar none normalize not notnull null nullif numeric offset
  on only or order out outer overlaps overlay placing position precision primary real references returning right row
  select session_user setof similar smallint some substring symmetric system_user table tablesample then time timestamp to
  trailing treat trim true union unique user using values varchar variadic verbose when where window with xmlattributes
  xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
  ctid oid tableoid xmin xmax cmin cmax`.split(/\s+/),
);

/** A valid name: lower case letters, digits and underscores, not reserved, of at most 63 bytes. */
export function isValidName(name: string, longest = longestColumn): boolean {
  return /^[a-z_][a-z0-9_]*$/.test(name) && name.length <= longest && !reserved.has(name);
}

/**
 * A valid name that reads like the given parts: `['danger signs', 'Fever?']` is `danger_signs_fever`. It need not be
 * unique.
 */
export function nameOf(parts: readonly string[], longest = longestColumn): string {
  const words = parts
    .map(snakeCase)
    .filter((part) => part !== '')
    .join('_');
  const named = words === '' ? 'field' : /^[0-9]/.test(words) ? `_${words}` : words;
  return cut(reserved.has(named) ? `${named}_field` : named, longest);
}

/**
 * Gives each key a name of its own. A key that had one keeps it; of others that would have the same, the second in the
 * order of keys gets a `_2`.
 *
 * @param wanted - the name that each key would have.
 * @param kept - the names that keys had before.
 * @param taken - names that nobody may have.
 */
export function uniqueNames(
  wanted: ReadonlyMap<string, string>,
  { kept = new Map(), taken = [], longest = longestColumn }: UniqueNamesOptions = {},
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const used = new Set(taken);
  for (const [key, name] of kept) {
    if (used.has(name) || !isValidName(name, longest)) continue;
    used.add(name);
    if (wanted.has(key)) names.set(key, name);
  }
  for (const [key, name] of [...wanted].sort(([one], [other]) => (one < other ? -1 : 1))) {
    if (names.has(key)) continue;
    let unique = name;
    for (let number = 2; used.has(unique); number += 1) unique = numbered(name, number, longest);
    used.add(unique);
    names.set(key, unique);
  }
  return names;
}

/** What names must not clash with. */
export interface UniqueNamesOptions {
  readonly kept?: ReadonlyMap<string, string>;
  readonly taken?: Iterable<string>;
  readonly longest?: number;
}

function snakeCase(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
}

/** The end of a long name says more than its beginning, which is that of its groups. */
function cut(name: string, longest: number): string {
  if (name.length <= longest) return name;
  return name.slice(name.length - longest).replace(/^_*[0-9]|^_+/, (start) => (/[0-9]/.test(start) ? '_' : ''));
}

function numbered(name: string, number: number, longest: number): string {
  const suffix = `_${number}`;
  return `${name.slice(0, longest - suffix.length)}${suffix}`;
}
