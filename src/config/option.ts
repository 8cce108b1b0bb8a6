import type { OptionType } from './option-types.js';

/** The sections of help and reference, in their order. */
export const groups = [
  'General',
  'CouchDB',
  'PostgreSQL',
  'couch2pg',
  'dataemon',
  'Monitoring',
  'Superset',
  'Embedded demonstration',
] as const;

/** A section of help and reference. */
export type Group = (typeof groups)[number];

/** One line of the table of options. */
export interface Option<T> {
  /** The environment variable; the flag is made from it. */
  readonly env: string;
  readonly type: OptionType<T>;
  /** The text that stands for an unset option. */
  readonly default?: string | DerivedDefault;
  /** What unset means, for options without a default. */
  readonly unset?: string;
  /** One or two sentences of Markdown. */
  readonly description: string;
  readonly group: Group;
  /** Never shown and never taken from a flag; may be read from a file that `<env>_FILE` names. */
  readonly secret?: true;
}

/** A default that depends on what another option was given. */
export interface DerivedDefault {
  /** In words, for the reference. */
  readonly words: string;
  from(given: (env: string) => string | undefined): string;
}

/** The type of the value of an option: one with a default is never undefined. */
export type ValueOf<O> =
  O extends Option<infer T> ? (O extends { readonly default: string | DerivedDefault } ? T : T | undefined) : never;

/** The flag of an option: `--couchdb-host` for `COUCHDB_HOST`. */
export function flagOf(env: string): string {
  return `--${env.toLowerCase().replaceAll('_', '-')}`;
}

/** The variable that names the file which holds a secret. */
export function fileVariableOf(env: string): string {
  return `${env}_FILE`;
}
