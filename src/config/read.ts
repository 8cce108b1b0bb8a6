import { messageOf } from '../lib/index.js';
import { misspellings } from './misspellings.js';
import { fileVariableOf, flagOf, type Option } from './option.js';
import { optionList, type Config, type OptionKey, type OptionValues } from './options.js';
import { configError, type Problem } from './problem.js';
import { serverOfOptions } from './servers.js';
import { doubtsBetween, problemsBetween, type Given } from './rules.js';

/** Where the texts of options come from; the first that has one wins. */
export interface ConfigSources {
  /** By name of the variable: `{ COUCHDB_HOST: 'localhost' }`. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What `.env` says. */
  readonly dotenv: Readonly<Record<string, string>>;
  /** Reads a file that holds a secret or certificates; throws when it cannot. */
  readonly readFile: (path: string) => string;
}

/** Where the value of an option came from. */
export type Origin = 'flag' | 'environment' | '.env' | 'file' | 'default';

/** An option as it stands. */
export interface Setting {
  readonly key: OptionKey;
  readonly env: string;
  /** Its text as it may be shown; undefined when it is not set and has no default. */
  readonly shown: string | undefined;
  /** What is used instead when it is not set, in words. */
  readonly unset: string | undefined;
  readonly origin: Origin;
  readonly secret: boolean;
}

/** All that reading the configuration brought. */
export interface Reading {
  readonly settings: readonly Setting[];
  /** With any of these there is no configuration. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /**
   * @throws ConfigError that names all problems.
   */
  config(): Config;
  /** Whether an option was given by the user, so that its value is not a default. */
  given(key: OptionKey): boolean;
}

interface Found {
  readonly text: string;
  readonly origin: Origin;
}

/** Reads and checks every option. Nothing is thrown for a wrong one: all problems are collected. */
export function readConfig(sources: ConfigSources): Reading {
  const problems: Problem[] = [];
  const found = new Map<string, Found>();
  for (const option of optionList) {
    const place = find(option, sources, problems);
    if (place !== undefined) found.set(option.env, place);
  }
  const given: Given = (env) => found.get(env)?.text;

  const values: Partial<Record<OptionKey, unknown>> = {};
  const settings = optionList.map((option): Setting => {
    const place = found.get(option.env) ?? defaultOf(option, given);
    const secret = option.secret === true;
    const shown = place === undefined ? undefined : show(option, place.text);
    if (place !== undefined) {
      const parsed = option.type.parse(place.text);
      if (parsed.ok) values[option.key] = parsed.value;
      else if (place.origin !== 'default')
        problems.push({ option: option.env, value: shown ?? '', ...parsed, origin: place.origin });
    }
    return { key: option.key, env: option.env, shown, unset: option.unset, origin: place?.origin ?? 'default', secret };
  });
  for (const env of ['COUCHDB_CA_FILE', 'POSTGRES_CA_FILE']) problems.push(...unreadable(env, found.get(env), sources));
  problems.push(...problemsBetween((env) => given(env) ?? given(fileVariableOf(env))));

  return {
    settings,
    problems,
    warnings: [
      ...misspellings(Object.keys(sources.dotenv), '.env'),
      ...misspellings(Object.keys(sources.env), 'environment'),
      ...doubtsBetween(given),
    ],
    config: () => {
      if (problems.length > 0) throw configError(problems);
      const options = values as OptionValues;
      return { ...options, couchdbServers: serverOfOptions(options) };
    },
    given: (key) => optionList.some((option) => option.key === key && found.has(option.env)),
  };
}

/** An empty text counts as none: compose files pass empty variables for those that are not set. */
function lookUp(env: string, { flags, env: environment, dotenv }: ConfigSources): Found | undefined {
  const places: [Origin, string | undefined][] = [
    ['flag', flags[env]],
    ['environment', environment[env]],
    ['.env', dotenv[env]],
  ];
  for (const [origin, text] of places) {
    if (text !== undefined && text.trim() !== '') return { origin, text: text.trim() };
  }
  return undefined;
}

function find(option: Option<unknown>, sources: ConfigSources, problems: Problem[]): Found | undefined {
  const direct = lookUp(option.env, sources);
  if (option.secret !== true) return direct;
  const variable = fileVariableOf(option.env);
  const file = lookUp(variable, sources);
  if (file === undefined) return direct;
  if (direct !== undefined) {
    problems.push({
      option: option.env,
      cause: `${variable} is set too`,
      remedy: `Set one of the two only.`,
    });
    return direct;
  }
  const wrong = unreadable(variable, file, sources);
  problems.push(...wrong);
  // A file that cannot be read still means that a password was given: one problem is enough.
  return { origin: 'file', text: wrong.length > 0 ? '?' : sources.readFile(file.text).trim() };
}

function unreadable(env: string, file: Found | undefined, { readFile }: ConfigSources): Problem[] {
  if (file === undefined) return [];
  const problem = { option: env, value: file.text, origin: file.origin };
  try {
    if (readFile(file.text).trim() !== '') return [];
    return [{ ...problem, cause: 'that file is empty', remedy: 'Name a file that holds it.' }];
  } catch (error) {
    const cause = `that file cannot be read (${messageOf(error)})`;
    return [{ ...problem, cause, remedy: 'Correct the path, or make the file readable for this user.' }];
  }
}

function defaultOf({ default: preset }: Option<unknown>, given: Given): Found | undefined {
  if (preset === undefined) return undefined;
  return { origin: 'default', text: typeof preset === 'string' ? preset : preset.from(given) };
}

function show(option: Option<unknown>, text: string): string {
  if (option.secret === true) return '***';
  return option.type.show?.(text) ?? text;
}

/**
 * Refuses a secret on the command line, where every process of the machine can read it.
 *
 * @throws ConfigError that does not repeat the secret.
 */
export function refuseSecretFlags(args: readonly string[]): void {
  for (const { env, secret } of optionList) {
    if (secret !== true) continue;
    const flag = flagOf(env);
    if (!args.some((arg) => arg === flag || arg.startsWith(`${flag}=`))) continue;
    throw configError([
      {
        option: flag,
        cause: 'a password is not taken from the command line, where every process of this machine can read it',
        remedy: `Set ${env}, or name a file that holds it in ${fileVariableOf(env)}.`,
      },
    ]);
  }
}
