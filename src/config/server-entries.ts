import { problemsOfTls, unreadable, type NamedFile } from './certificates.js';
import { fromFolderOf, type ConfigFile } from './config-file.js';
import { entryKeys, entrySchema, insteadOf, type EntryKey, type EntryKeyName } from './entry-keys.js';
import type { Option } from './option.js';
import { options } from './options.js';
import type { Problem } from './problem.js';
import { collisions, type PlacedServer } from './server-collisions.js';
import type { ServerConfig } from './servers.js';

/** A key of a server as it stands. */
export interface ServerSetting {
  /** Such as `couchdb[0].host`. */
  readonly path: string;
  readonly shown: string;
  readonly origin: string;
}

/** What was made of the servers of a configuration file. */
export interface ServersOfFile {
  readonly servers: readonly ServerConfig[];
  readonly settings: readonly ServerSetting[];
  readonly problems: readonly Problem[];
}

/** What reading the servers needs besides the file. */
export interface EntrySurroundings {
  /** The text of an option that was given. */
  readonly given: (env: string) => { readonly text: string; readonly origin: string } | undefined;
  readonly variable: (name: string) => string | undefined;
  readonly readFile: (path: string) => string;
}

type Texts = Readonly<Partial<Record<EntryKeyName, string>>>;

/** Reads and checks the servers that a configuration file names; undefined when it names none. */
export function readServers(file: ConfigFile, surroundings: EntrySurroundings): ServersOfFile | undefined {
  const { couchdb, couchdbs } = file;
  if (couchdb === undefined && couchdbs === undefined) return undefined;
  const reader = new EntryReader(file.path, surroundings);
  const list = couchdbs ?? couchdb;
  const key = couchdbs === undefined ? 'couchdb' : 'couchdbs';
  // As in Helm's values, `couchdb` beside `couchdbs` holds what they have in common.
  const common = couchdbs === undefined || couchdb === undefined ? {} : reader.texts(couchdb, 'couchdb');
  if (Array.isArray(list)) list.forEach((entry, index) => reader.read(entry, `${key}[${index}]`, common));
  else reader.read(list, key, common);
  if (Array.isArray(list) && list.length === 0) reader.wrong(key, 'it names no server', 'Name one, or leave it out.');
  reader.problems.push(...collisions(reader.placed, file.path));
  return reader;
}

class EntryReader implements ServersOfFile {
  readonly placed: PlacedServer[] = [];
  readonly settings: ServerSetting[] = [];
  readonly problems: Problem[] = [];

  constructor(
    private readonly path: string,
    private readonly surroundings: EntrySurroundings,
  ) {}

  get servers(): ServerConfig[] {
    return this.placed.map(({ server }) => server);
  }

  wrong(option: string, cause: string, remedy: string, value?: string): void {
    this.problems.push({ option, origin: this.path, cause, remedy, ...(value === undefined ? {} : { value }) });
  }

  /** The texts of an entry, with databases by their one name; what has no place in an entry is left out. */
  texts(entry: unknown, at: string): Texts {
    const parsed = entrySchema.safeParse(entry);
    for (const issue of parsed.error?.issues ?? []) {
      const place = [at, ...issue.path.map(String)].join('.');
      if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys) this.wrong(`${at}.${key}`, 'there is no such key', insteadOf(key));
      } else if (issue.path.length === 0) {
        this.wrong(at, 'it is no mapping of keys to values', 'Write `host: ...` and what else is needed under it.');
      } else this.wrong(place, 'it is not a plain value', 'Give one value.');
    }
    const { dbs, ...texts } = parsed.data ?? wellFormed(entry);
    if (dbs !== undefined && texts.databases !== undefined)
      this.wrong(`${at}.dbs`, 'databases is set too', 'Set one of the two only.');
    const given = Object.entries({ ...texts, databases: texts.databases ?? dbs });
    return Object.fromEntries(given.filter((pair): pair is [string, string] => (pair[1] ?? '').trim() !== ''));
  }

  read(entry: unknown, at: string, common: Texts): void {
    const before = this.problems.length;
    const own = this.texts(entry, at);
    const value = (key: EntryKeyName) => this.#value(key, at, own, common);
    const host = value('host') as string | undefined;
    const server = {
      name: value('name') as string | undefined,
      port: value('port') as number,
      secure: value('secure') as boolean,
      user: value('user') as string | undefined,
      password: this.#password(at, own, common),
      databases: (value('databases') ?? []) as readonly string[],
      caFile: value('ca_file') as string | undefined,
      certFile: value('cert_file') as string | undefined,
      keyFile: value('key_file') as string | undefined,
      feed: value('feed') as ServerConfig['feed'],
      readers: value('readers') as number,
    };
    this.#checkTls(at, { ...common, ...own });
    if (this.problems.length === before) {
      if (host === undefined) this.wrong(`${at}.host`, 'it is not set', 'Say where CouchDB is.');
      if (server.user !== undefined && server.password === undefined)
        this.wrong(`${at}.password`, 'it is not set, but user is', 'Set password, password_file or password_env.');
      if (server.user === undefined && server.password !== undefined)
        this.wrong(`${at}.user`, 'it is not set, but a password is', 'Set user.');
    }
    if (host !== undefined) this.placed.push({ at, server: { host, ...server } });
  }

  #value(key: EntryKeyName, at: string, own: Texts, common: Texts): unknown {
    const { type, option }: EntryKey = entryKeys[key];
    const place = `${at}.${key}`;
    const inFile = own[key] ?? common[key];
    const preset: Option<unknown> | undefined = option && options[option];
    const given = inFile === undefined && preset ? this.surroundings.given(preset.env) : undefined;
    const defaultText =
      key === 'databases' ? 'medic' : typeof preset?.default === 'string' ? preset.default : undefined;
    let written = inFile?.trim() ?? given?.text ?? defaultText;
    if (written === undefined) return undefined;
    if (inFile !== undefined && type.isPath) written = fromFolderOf(this.path, written);
    const shown = type.show?.(written) ?? written;
    const origin = inFile === undefined ? (given?.origin ?? 'default') : this.path;
    this.settings.push({ path: place, shown, origin });
    const parsed = type.parse(written);
    if (parsed.ok) return parsed.value;
    // Where the text is that of an option, that option is named already.
    if (inFile !== undefined) this.wrong(place, parsed.cause, parsed.remedy, shown);
    return undefined;
  }

  #password(at: string, own: Texts, common: Texts): string | undefined {
    const found = passwordKeys.filter((key) => own[key] !== undefined);
    const [key = passwordKeys.find((candidate) => common[candidate] !== undefined), second] = found;
    if (second !== undefined) this.wrong(`${at}.${second}`, `${key ?? ''} is set too`, 'Set one of them only.');
    const place = `${at}.${key ?? 'password'}`;
    const show = (origin: string) => this.settings.push({ path: `${at}.password`, shown: '***', origin });
    if (key === undefined) {
      const given = this.surroundings.given('COUCHDB_PASSWORD');
      if (given !== undefined) show(given.origin);
      return given?.text;
    }
    const written = (own[key] ?? common[key] ?? '').trim();
    show(key === 'password' ? this.path : `${this.path}: ${key}`);
    if (key === 'password') return written;
    if (key === 'password_env') {
      const password = this.surroundings.variable(written);
      if (password === undefined) this.wrong(place, 'the environment has no such variable', `Set ${written}.`, written);
      return password;
    }
    return this.#fileText(place, fromFolderOf(this.path, written));
  }

  #fileText(option: string, path: string): string | undefined {
    const wrong = unreadable({ option, path, origin: this.path }, this.surroundings.readFile);
    if (wrong === undefined) return this.surroundings.readFile(path).trim();
    this.problems.push(wrong);
    return undefined;
  }

  /** The files that the options name are checked with those. */
  #checkTls(at: string, texts: Texts): void {
    const named = (key: 'ca_file' | 'cert_file' | 'key_file'): NamedFile | undefined => {
      const text = texts[key];
      if (text === undefined) return undefined;
      return { option: `${at}.${key}`, path: fromFolderOf(this.path, text.trim()), origin: this.path };
    };
    const [ca, cert, key] = [named('ca_file'), named('cert_file'), named('key_file')];
    this.problems.push(...problemsOfTls({ ca, cert, key }, this.surroundings.readFile));
    if ((cert === undefined) !== (key === undefined)) {
      const [given, other] = cert === undefined ? ['key_file', 'cert_file'] : ['cert_file', 'key_file'];
      this.wrong(`${at}.${other}`, `it is not set, but ${given} is`, `Set ${other}.`);
    }
  }
}

const passwordKeys = ['password', 'password_file', 'password_env'] as const;

/** What can be read of an entry that is wrong elsewhere: all problems are told at once. */
function wellFormed(entry: unknown): ReturnType<typeof entrySchema.parse> {
  if (typeof entry !== 'object' || entry === null) return {};
  const fields = Object.entries(entry).filter(
    ([key, value]) => entrySchema.safeParse({ [key]: value as unknown }).success,
  );
  return entrySchema.parse(Object.fromEntries(fields));
}
