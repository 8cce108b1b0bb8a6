/** What the values of a column are. `json` is an array, or an object that is nested too deeply for columns of its own. */
export const kinds = ['boolean', 'integer', 'number', 'date', 'timestamp', 'epoch', 'json', 'text'] as const;

/** What the values of a column are. */
export type Kind = (typeof kinds)[number];

interface Meaning {
  /** The type of the column in PostgreSQL. */
  readonly type: string;
  /** The macro of cht_pipeline that makes the value of a text; without one, the value is taken as it is. */
  readonly macro?: string;
  /** The kinds that hold all its values, too, the narrowest first. */
  readonly within: readonly Kind[];
}

const meanings: Readonly<Record<Kind, Meaning>> = {
  boolean: { type: 'boolean', macro: 'boolean_of', within: ['text'] },
  integer: { type: 'bigint', macro: 'integer_of', within: ['number', 'text'] },
  number: { type: 'numeric', macro: 'number_of', within: ['text'] },
  date: { type: 'date', macro: 'date_of', within: ['timestamp', 'text'] },
  timestamp: { type: 'timestamp with time zone', macro: 'timestamp_of', within: ['text'] },
  epoch: { type: 'timestamp with time zone', macro: 'timestamp_of_epoch', within: ['text'] },
  json: { type: 'jsonb', within: ['text'] },
  text: { type: 'text', within: [] },
};

/** The type of a column in PostgreSQL. */
export function sqlType(kind: Kind): string {
  return meanings[kind].type;
}

/** The macro of cht_pipeline that makes a value of this kind of a text; undefined for those that are taken as they are. */
export function macroOf(kind: Kind): string | undefined {
  return meanings[kind].macro;
}

/** Whether every value of `narrow` is one of `wide`. */
export function isWithin(narrow: Kind, wide: Kind): boolean {
  return narrow === wide || meanings[narrow].within.includes(wide);
}
