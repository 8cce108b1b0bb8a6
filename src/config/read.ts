import { problemsOfTls, unreadable, type NamedFile } from './certificates.js';
import { parseConfigFile, type ConfigFile } from './config-file.js';
import { misspellings } from './misspellings.js';
import { fileVariableOf, flagOf, type Option } from './option.js';
import { optionList, type Config, type OptionKey, type OptionValues } from './options.js';
import { configError, type Problem } from './problem.js';
import { doubtsBetween, problemsBetween, type Given } from './rules.js';
import { readServers, type ServerSetting } from './server-entries.js';
import { serverOfOptions } from './servers.js';

/** Where the texts of options come from; the first that has one wins. */
export interface ConfigSources {
  /** By name of the variable: `{ COUCHDB_HOST: 'localhost' }`. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What `.env` says. */
  readonly dotenv: Readonly<Record<string, string>>;
  /** Reads a file that holds a secret or certificates; throws when it cannot. */
  readonly readFile: (path: string) => string;
  /** Who besides its owner may read a file; without it nobody is assumed to. */
  readonly openTo?: (path: string) => 'group' | 'others' | undefined;
}

/** Where the value of an option came from: `flag`, `environment`, `.env`, `default`, or the path of CONFIG_FILE. */
export type Origin = string;

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
  /** The servers that CONFIG_FILE names, key by key. */
  readonly serverSettings: readonly ServerSetting[];
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
  const file = readFileOf(sources, problems);
  const found = new Map<string, Found>();
  for (const option of optionList) {
    const place = find(option, sources, file, problems);
    if (place !== undefined) found.set(option.env, place);
  }
  const { readFile } = sources;
  const variable = variablesOf(sources);
  const ofFile = file && readServers(file, { given: (env) => found.get(env), variable, readFile });
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
  for (const server of ['COUCHDB', 'POSTGRES']) {
    const named = (env: string) => namedFile(env, found.get(env));
    const [ca, cert, key] = ['CA', 'CERT', 'KEY'].map((what) => named(`${server}_${what}_FILE`));
    problems.push(...problemsOfTls({ ca, cert, key }, readFile));
  }
  problems.push(...problemsBetween(given, ofFile !== undefined), ...(ofFile?.problems ?? []));

  return {
    settings,
    serverSettings: ofFile?.settings ?? [],
    problems,
    warnings: [
      ...misspellings(Object.keys(sources.dotenv), '.env'),
      ...misspellings(Object.keys(sources.env), 'environment'),
      ...doubtsBetween(given, ofFile !== undefined),
      ...openFiles(sources, file, given),
    ],
    config: () => {
      if (problems.length > 0) throw configError(problems);
      const options = values as OptionValues;
      return { ...options, couchdbServers: ofFile?.servers ?? serverOfOptions(options) };
    },
    given: (key) => optionList.some((option) => option.key === key && found.has(option.env)),
  };
}

function readFileOf(sources: ConfigSources, problems: Problem[]): ConfigFile | undefined {
  const place = namedFile('CONFIG_FILE', lookUp('CONFIG_FILE', sources));
  if (place === undefined) return undefined;
  const wrong = unreadable(place, sources.readFile);
  if (wrong !== undefined) {
    problems.push(wrong);
    return undefined;
  }
  const text = sources.readFile(place.path);
  return parseConfigFile({ path: place.path, text, variable: variablesOf(sources) }, problems);
}

/** The variables that CONFIG_FILE may refer to. */
function variablesOf({ env, dotenv }: ConfigSources): (name: string) => string | undefined {
  return (name) => [env[name], dotenv[name]].find((text) => text !== undefined && text !== '');
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

function lookUpIn(file: ConfigFile | undefined, env: string): Found | undefined {
  const text = file?.options.get(env)?.trim() ?? '';
  return file === undefined || text === '' ? undefined : { origin: file.path, text };
}

function find(
  option: Option<unknown>,
  sources: ConfigSources,
  configFile: ConfigFile | undefined,
  problems: Problem[],
): Found | undefined {
  const inFile = (env: string) => lookUpIn(configFile, env);
  if (option.secret !== true) return lookUp(option.env, sources) ?? inFile(option.env);
  const variable = fileVariableOf(option.env);
  let [direct, file] = [lookUp(option.env, sources), lookUp(variable, sources)];
  // Either of the two, from a place that goes before, replaces both of CONFIG_FILE.
  if (direct === undefined && file === undefined) [direct, file] = [inFile(option.env), inFile(variable)];
  if (file === undefined) return direct;
  if (direct !== undefined) {
    problems.push({
      option: option.env,
      cause: `${variable} is set too`,
      remedy: `Set one of the two only.`,
    });
    return direct;
  }
  const wrong = unreadable({ option: variable, path: file.text, origin: file.origin }, sources.readFile);
  if (wrong !== undefined) problems.push(wrong);
  // A file that cannot be read still means that a password was given: one problem is enough.
  return { origin: 'file', text: wrong !== undefined ? '?' : sources.readFile(file.text).trim() };
}

function namedFile(option: string, found: Found | undefined): NamedFile | undefined {
  return found && { option, path: found.text, origin: found.origin };
}

/** Files with secrets that more people may read than need to. */
function openFiles({ openTo }: ConfigSources, file: ConfigFile | undefined, given: Given): Problem[] {
  const warnings: Problem[] = [];
  if (file?.holdsSecret === true && openTo?.(file.path) === 'others') {
    const remedy = 'Close it (`chmod o-r`), or refer to the environment: `${NAME}`.';
    warnings.push({
      option: 'CONFIG_FILE',
      value: file.path,
      cause: 'it holds a password, and everybody may read it',
      remedy,
    });
  }
  const key = given('POSTGRES_KEY_FILE');
  if (key !== undefined && openTo?.(key) !== undefined) {
    const cause = 'others may read it, and then dbt (libpq) refuses to use it';
    warnings.push({ option: 'POSTGRES_KEY_FILE', value: key, cause, remedy: 'Close it: `chmod 600`.' });
  }
  return warnings;
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
