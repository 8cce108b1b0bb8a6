import { own } from '../own.js';
import { repeatAt, type FormDefinition } from '../definitions/definition.js';
import { fieldOf, type Field, type KnownField } from './field.js';
import { keyOf, pathOf, type Path } from './path.js';
import { Shape } from './shape.js';

/** The columns that documents of one kind need, and the repeats that are tables of their own. */
export interface Fields {
  readonly fields: readonly Field[];
  readonly repeats: readonly Repeat[];
  /** Fields for which there was no room. */
  readonly leftOut: number;
}

/** A repeat; the paths of its fields begin at an element. */
export interface Repeat extends Fields {
  readonly path: Path;
}

/** What was known of the columns of a table and of the repeats in it, by the keys of their paths. */
export interface KnownFields {
  readonly columns: Readonly<Record<string, KnownField>>;
  readonly repeats: Readonly<Record<string, KnownFields>>;
}

/** Nothing was known. */
export const nothingKnown: KnownFields = { columns: {}, repeats: {} };

/** PostgreSQL has 1,600 columns at most; a table of more than these nobody reads. */
const mostColumns = 400;

/** Works out the fields from what documents look like, from what a definition says, and from what was known of them. */
export function fieldsOf(shape: Shape, definition: FormDefinition, known: KnownFields): Fields {
  const places = new Places(known);
  places.collect(shape, []);
  for (const { path } of definition.fields) places.declare(path);
  for (const { path } of definition.repeats) places.repeats.set(keyOf(path), places.repeats.get(keyOf(path)));
  for (const key of Object.keys(known.columns)) if (!places.fields.has(key)) places.fields.set(key, undefined);
  for (const key of Object.keys(known.repeats)) if (!places.repeats.has(key)) places.repeats.set(key, undefined);

  const declared = new Map(definition.fields.map((field, order) => [keyOf(field.path), { field, order }]));
  const order = (key: string) => declared.get(key)?.order ?? Infinity;
  const all = [...places.fields].sort(([one], [other]) => compare(order(one), order(other)) || compare(one, other));
  const isNote = ([key, seen]: (typeof all)[number]) =>
    declared.get(key)?.field.isNote === true &&
    own(known.columns, key) === undefined &&
    (seen?.values.filled ?? 0) === 0;
  const importance = ([key, seen]: (typeof all)[number]) =>
    own(known.columns, key) !== undefined
      ? Infinity
      : declared.has(key)
        ? Number.MAX_VALUE
        : (seen?.values.filled ?? 0);
  const chosen = new Set(
    all
      .filter((place) => !isNote(place))
      .sort((one, other) => compare(importance(other), importance(one)))
      .slice(0, mostColumns)
      .map(([key]) => key),
  );
  const fields = all
    .filter(([key]) => chosen.has(key))
    .map(([key, seen]) =>
      fieldOf(pathOf(key), seen, {
        total: shape.objects,
        declared: declared.get(key)?.field,
        known: own(known.columns, key),
      }),
    );
  const repeats = [...places.repeats]
    .sort(([one], [other]) => compare(one, other))
    .map(([key, elements]) => {
      const path = pathOf(key);
      const inside = fieldsOf(
        elements ?? new Shape(() => false),
        repeatAt(definition, path),
        own(known.repeats, key) ?? nothingKnown,
      );
      return { path, ...inside };
    });
  return { fields, repeats, leftOut: all.filter((place) => !isNote(place)).length - fields.length };
}

/** Where in documents fields and repeats are: groups are gone through. */
class Places {
  readonly fields = new Map<string, Shape | undefined>();
  readonly repeats = new Map<string, Shape | undefined>();

  constructor(private readonly known: KnownFields) {}

  collect(shape: Shape, path: Path): void {
    for (const [name, member] of shape.members) {
      const here = [...path, name];
      if (member.elements !== undefined && member.repeats >= member.values.filled) {
        this.repeats.set(keyOf(here), member.elements);
      } else if (this.#isGroup(member, here)) {
        this.collect(member, here);
      } else if (member.values.seen > 0 || member.others > 0) {
        this.fields.set(keyOf(here), member);
      }
    }
  }

  declare(path: Path): void {
    const key = keyOf(path);
    const isBelowRepeat = path.some((_, end) => this.repeats.has(keyOf(path.slice(0, end + 1))));
    if (!this.fields.has(key) && !isBelowRepeat) this.fields.set(key, undefined);
  }

  /** A member that is now an object and now a text is what it is more often, and stays what it was. */
  #isGroup({ objects, values, others }: Shape, path: Path): boolean {
    if (objects === 0) return false;
    const wasGroup = Object.keys(this.known.columns).some((key) => key.startsWith(`${keyOf(path)}/`));
    return wasGroup || objects >= values.filled + others;
  }
}

function compare<T extends string | number>(one: T, other: T): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
