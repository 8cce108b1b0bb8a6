/** What a type makes of a text: a value, or why not and what to write instead. */
export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly cause: string; readonly remedy: string };

/** How the text of an option becomes a value. */
export interface OptionType<T> {
  /** What stands for the value in help texts: `<port>`. */
  readonly placeholder: string;
  /** What the text has to be, as it stands in the reference: "a whole number from 1 to 65535". */
  readonly expects: string;
  parse(text: string): Parsed<T>;
  /** The text as it may be shown, where it may carry a password. */
  readonly show?: (text: string) => string;
  /** Whether it is a path, so that one of a configuration file starts from the folder of that file. */
  readonly isPath?: true;
}

const good = <T>(value: T): Parsed<T> => ({ ok: true, value });
const bad = (cause: string, remedy: string): Parsed<never> => ({ ok: false, cause, remedy });

/** Any text. */
export function text(placeholder: string, expects = 'a text'): OptionType<string> {
  return { placeholder, expects, parse: good };
}

/** The path of a file or folder. */
export function path(placeholder: 'file' | 'folder'): OptionType<string> {
  return { placeholder, expects: 'a path', parse: good, isPath: true };
}

/** A whole number within bounds, both included. */
export function integer(placeholder: string, least: number, greatest: number): OptionType<number> {
  const expects = `a whole number from ${least} to ${greatest}`;
  return {
    placeholder,
    expects,
    parse: (written) => {
      if (!/^[+-]?\d+$/.test(written)) return bad('it is not a whole number', `Give ${expects}, in digits only.`);
      const value = Number(written);
      if (value < least) return bad(`it is less than ${least}`, `Give ${expects}.`);
      if (value > greatest) return bad(`it is more than ${greatest}`, `Give ${expects}.`);
      return good(value);
    },
  };
}

/** A TCP port. */
export const port = integer('port', 1, 65_535);

/** `true` or `false`. */
export const boolean: OptionType<boolean> = {
  placeholder: 'true|false',
  expects: '`true` or `false`',
  parse: (written) => {
    const lower = written.toLowerCase();
    if (lower === 'true') return good(true);
    if (lower === 'false') return good(false);
    return bad('it is neither "true" nor "false"', 'Give true or false.');
  },
};

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): OptionType<T> {
  return {
    placeholder: words.join('|'),
    expects: words.map((word) => `\`${word}\``).join(', '),
    parse: (written) => {
      const word = words.find((candidate) => candidate === written.toLowerCase());
      return word === undefined ? bad('there is no such choice', `Give one of: ${words.join(', ')}.`) : good(word);
    },
  };
}

/** The names of the options that say what does not belong into a host. */
export interface HostNeighbours {
  readonly host: string;
  readonly port: string;
  /** The option that turns encryption on, and its value for a scheme. */
  readonly secure?: { readonly env: string; readonly of: (scheme: string) => string };
  /** Whether a folder may stand for the host (the Unix socket of PostgreSQL). */
  readonly socket?: boolean;
}

/** A host name or address, and nothing else: no scheme, port, path or credentials. */
export function host(neighbours: HostNeighbours): OptionType<string> {
  return {
    placeholder: 'host',
    expects: `a host name or address, without scheme and port${neighbours.socket === true ? ', or the folder of a Unix socket' : ''}`,
    parse: (written) => {
      if (neighbours.socket === true && written.startsWith('/')) return good(written);
      const address = /^\[([0-9a-f:.]+)\]$/i.exec(written)?.[1] ?? written;
      if (/^[0-9a-f:.]+$/i.test(address) && address.split(':').length > 2) return good(address);
      if (/^[\w.-]+$/.test(written)) return good(written);
      return bad('it is not a plain host name', splitUp(written, neighbours));
    },
    show: hideCredentials,
  };
}

/** Takes an address apart into the options that its parts belong to. */
function splitUp(written: string, { host, port, secure }: HostNeighbours): string {
  const [, scheme, rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/i.exec(written) ?? [];
  const authority = rest.replace(/[/?#].*$/, '').replace(/^.*@/, '');
  const [, name, number] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(authority) ?? [];
  if (name === undefined || !/^(\[[0-9a-f:.]+\]|[\w.-]+)$/i.test(name)) {
    return 'Give a host name or address only, such as couchdb.example.org.';
  }
  const parts = [`${host}=${name.replace(/^\[|\]$/g, '')}`];
  if (number !== undefined) parts.push(`${port}=${number}`);
  if (scheme !== undefined && secure !== undefined) parts.push(`${secure.env}=${secure.of(scheme.toLowerCase())}`);
  const credentials = rest.includes('@') ? ', and the user and password in their own options' : '';
  const last = parts.pop() ?? '';
  return `Write ${parts.length === 0 ? last : `${parts.join(', ')} and ${last}`}${credentials}.`;
}

/** Names of CouchDB databases: https://docs.couchdb.org/en/stable/api/database/common.html#put--db */
export const databases: OptionType<readonly string[]> = {
  placeholder: 'names',
  expects: 'names of databases, separated by commas or spaces',
  parse: (written) => {
    const names = [...new Set(written.split(/[\s,]+/).filter((name) => name !== ''))];
    const wrong = names.filter(
      (name) => !/^(?:_(?:users|replicator|global_changes)|[a-z][a-z0-9_$()+/-]*)$/.test(name),
    );
    if (names.length === 0) return bad('it names no database', 'Give at least one name, such as medic.');
    if (wrong.length === 0) return good(names);
    return bad(
      `CouchDB has no databases named ${wrong.map((name) => JSON.stringify(name)).join(', ')}`,
      'Give names of lower-case letters, digits and _$()+-/ that begin with a letter, separated by commas or spaces.',
    );
  },
};

/** A name of a schema or table of PostgreSQL; it is quoted wherever it is used. */
export const identifier: OptionType<string> = {
  placeholder: 'name',
  expects: 'a name of PostgreSQL (at most 63 bytes)',
  parse: (written) => {
    if (Buffer.byteLength(written) > 63) return bad('PostgreSQL cuts names after 63 bytes', 'Give a shorter name.');
    if (/^pg_/i.test(written)) return bad('PostgreSQL keeps names with "pg_" for itself', 'Give another name.');
    return good(written);
  },
};

/** Where a dbt package is fetched from; it may carry an access token, which is not shown. */
export function packageUrl(placeholder: string, example: string): OptionType<string> {
  return {
    placeholder,
    expects: `an address such as \`${example}\``,
    parse: (written) =>
      /^(?:[a-z][a-z0-9+.-]*:\/\/\S+|[\w.-]+@[\w.-]+:\S+)$/i.test(written)
        ? good(written)
        : bad('it is not an address', `Give an address such as ${example}.`),
    show: hideCredentials,
  };
}

/** The address of a web application, without credentials. */
export function webAddress(example: string): OptionType<string> {
  return {
    placeholder: 'url',
    expects: `an address such as \`${example}\``,
    parse: (written) => {
      if (!/^https?:\/\//i.test(written) || !URL.canParse(written)) {
        return bad('it is not an address', `Give an address with http:// or https://, such as ${example}.`);
      }
      const { username, password, search, hash } = new URL(written);
      if (username !== '' || password !== '') {
        return bad('it holds credentials', 'Give user and password in their own options.');
      }
      if (search !== '' || hash !== '') return bad('it holds more than a place', `Give an address such as ${example}.`);
      return good(written.replace(/\/+$/, ''));
    },
    show: hideCredentials,
  };
}

/** Hides what stands before the `@` of an address. */
export function hideCredentials(address: string): string {
  return address.replace(
    /^([a-z][a-z0-9+.-]*:\/\/)?[^@/\s]+(?::[^@\s]*)?@(?!.*@)/i,
    (whole, scheme: string | undefined) => (/^git@$/i.test(whole) ? whole : `${scheme ?? ''}***@`),
  );
}
