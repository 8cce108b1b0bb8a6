import { z } from 'zod';
import { nearestOf } from './misspellings.js';
import { host, path, text, type OptionType } from './option-types.js';
import { options, type OptionKey } from './options.js';

/** A key of an entry under `couchdb`, as the reference shows it. */
export interface EntryKey {
  readonly type: OptionType<unknown>;
  /** The option that holds where neither the entry nor the mapping common to all says it. */
  readonly option?: OptionKey;
  readonly description: string;
  readonly secret?: true;
}

const as = (option: OptionKey, more: Partial<EntryKey> = {}): EntryKey => {
  const { type, description } = options[option];
  return { type, option, description, ...more };
};

/** What an entry may say of a server. */
export const entryKeys = {
  host: {
    description: 'Where CouchDB is. Needed.',
    type: host({ host: 'host', port: 'port', secure: { env: 'secure', of: (scheme) => String(scheme === 'https') } }),
  },
  port: as('couchdbPort'),
  secure: as('couchdbSecure'),
  user: as('couchdbUser'),
  password: as('couchdbPassword', { secret: true }),
  password_file: { type: path('file'), description: 'A file that holds the password.' },
  password_env: { type: text('variable', 'a name'), description: 'The variable that holds the password.' },
  databases: as('couchdbDbs'),
  ca_file: as('couchdbCaFile'),
  cert_file: as('couchdbCertFile'),
  key_file: as('couchdbKeyFile'),
  feed: as('couchdbFeed'),
  readers: as('couchdbReaders'),
  name: {
    type: host({ host: 'name', port: 'port' }),
    description:
      'The first part of the names of its sources, `<name>/<database>`, in place of the host: for servers that share a host. Another name later is another source, which is read from the beginning.',
  },
} as const satisfies Readonly<Record<string, EntryKey>>;

/** The name of a key of an entry. */
export type EntryKeyName = keyof typeof entryKeys;

const plain = z.string();
const names = z.union([plain, z.array(plain)]).transform((given) => (Array.isArray(given) ? given.join(',') : given));
const fields = Object.fromEntries(Object.keys(entryKeys).map((key) => [key, plain.optional()]));
/** `dbs` is what Helm's values call the databases. */
export const entrySchema = z.strictObject({ ...fields, databases: names.optional(), dbs: names.optional() });

/** What to write for a key that is none. */
export function insteadOf(key: string): string {
  const known = Object.keys(entryKeys);
  const meant = nearestOf(key.toLowerCase(), known, 3);
  return meant === undefined ? `Those there are: ${known.join(', ')}.` : `Did you mean ${meant}?`;
}
