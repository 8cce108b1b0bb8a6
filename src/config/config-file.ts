import { dirname, isAbsolute, join } from 'node:path';
import { LineCounter, parseDocument, visit } from 'yaml';
import { z } from 'zod';
import { messageOf } from '../lib/index.js';
import { nearestOf } from './misspellings.js';
import { fileVariableOf } from './option.js';
import { optionList } from './options.js';
import type { Problem } from './problem.js';

/** What a configuration file says, in texts as an environment would. */
export interface ConfigFile {
  /** As the user wrote it. */
  readonly path: string;
  /** The options it sets, by name of the variable. */
  readonly options: ReadonlyMap<string, string>;
  /** What stands under `couchdb` and `couchdbs`; both undefined when it names no server. */
  readonly couchdb: unknown;
  readonly couchdbs: unknown;
  /** Whether a password stands in it as it is. */
  readonly holdsSecret: boolean;
}

/** What reading a file needs. */
export interface FileSurroundings {
  readonly path: string;
  readonly text: string;
  /** What `${NAME}` stands for. */
  readonly variable: (name: string) => string | undefined;
}

const settable = optionList.filter(({ key }) => key !== 'configFile');
const optionNames = new Set(settable.flatMap(({ env, secret }) => (secret ? [env, fileVariableOf(env)] : [env])));
const pathNames = new Set(
  settable.flatMap(({ env, type, secret }) => (secret ? fileVariableOf(env) : type.isPath ? env : [])),
);
const secretName = /password$/i;

/** Every value is a text, as in an environment: `0123` stays what it is. A list is good for names of databases. */
const optionSchema = z.union([z.string(), z.array(z.string()).transform((names) => names.join(','))]);

/**
 * Reads a configuration file in YAML, and so in JSON. What is wrong is added to `problems`.
 */
export function parseConfigFile(surroundings: FileSurroundings, problems: Problem[]): ConfigFile {
  const { path } = surroundings;
  const nothing: ConfigFile = { path, options: new Map(), couchdb: undefined, couchdbs: undefined, holdsSecret: false };
  const parsed = parseYaml(surroundings.text);
  if (typeof parsed === 'string') {
    problems.push({
      option: 'CONFIG_FILE',
      value: path,
      cause: parsed,
      remedy: 'Correct the file: it is YAML or JSON.',
    });
    return nothing;
  }
  let holdsSecret = false;
  const fill = (value: unknown, at: string): unknown => {
    if (Array.isArray(value)) return value.map((item, index) => fill(item, `${at}[${index}]`));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [key, fill(inner, at === '' ? key : `${at}.${key}`)]),
      );
    }
    if (typeof value !== 'string') return value;
    const filled = substitute(value, surroundings.variable);
    if (secretName.test(at) && value !== '' && filled.names.length === 0) holdsSecret = true;
    for (const name of filled.missing) {
      const cause = `the environment has no ${name}`;
      problems.push({
        option: at,
        origin: path,
        cause,
        remedy: `Set ${name}, or write $\${${name}} for the text itself.`,
      });
    }
    return filled.text;
  };
  const { couchdb, couchdbs, ...others } = fill(parsed, '') as Readonly<Record<string, unknown>>;
  const options = optionTexts(others, path, problems);
  return { path, options, couchdb, couchdbs, holdsSecret };
}

/** A path of a configuration file starts from the folder of that file. */
export function fromFolderOf(configFile: string, path: string): string {
  return path === '' || isAbsolute(path) ? path : join(dirname(configFile), path);
}

function optionTexts(given: Readonly<Record<string, unknown>>, path: string, problems: Problem[]): Map<string, string> {
  const options = new Map<string, string>();
  for (const [name, value] of Object.entries(given)) {
    if (!optionNames.has(name)) {
      const meant = nearestOf(name.toUpperCase(), [...optionNames, 'COUCHDBS'], 3)?.replace(/^COUCHDBS$/, 'couchdb');
      problems.push({
        ...{ option: name, origin: path, cause: 'there is no such option' },
        remedy: meant === undefined ? 'See docs/configuration.md for those there are.' : `Did you mean ${meant}?`,
      });
      continue;
    }
    const text = optionSchema.safeParse(value);
    if (text.success) options.set(name, pathNames.has(name) ? fromFolderOf(path, text.data.trim()) : text.data);
    else problems.push({ option: name, origin: path, cause: 'it is not a plain value', remedy: 'Give one value.' });
  }
  return options;
}

/** The mapping that the file is, with texts for all values and '' for null; a text says what is wrong with it. */
function parseYaml(text: string): object | string {
  const lines = new LineCounter();
  const document = parseDocument(text.replace(/^\uFEFF/, ''), {
    ...{ schema: 'failsafe', merge: true, lineCounter: lines },
    // A pretty error repeats the line, which may hold a password.
    prettyErrors: false,
  });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    return `it cannot be read: line ${line}, column ${col}: ${error.message}`;
  }
  visit(document, {
    Scalar: (_, node) => {
      if (node.type === 'PLAIN' && typeof node.value === 'string' && /^(?:~|null)$/i.test(node.value)) node.value = '';
    },
  });
  try {
    const value = (document.toJS() ?? {}) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? value
      : 'it is not a mapping of names to values';
  } catch (thrown) {
    return `it cannot be read: ${messageOf(thrown)}`;
  }
}

/** Puts the values of variables in the place of `${NAME}`; `$${NAME}` stands for the text `${NAME}`. */
function substitute(
  text: string,
  variable: (name: string) => string | undefined,
): { text: string; names: string[]; missing: string[] } {
  const names: string[] = [];
  const missing: string[] = [];
  const filled = text.replace(/\$?\$\{([A-Za-z_]\w*)\}/g, (whole, name: string) => {
    if (whole.startsWith('$$')) return whole.slice(1);
    names.push(name);
    const value = variable(name);
    if (value === undefined) missing.push(name);
    // One problem is enough: the name stays, so that the value does not count as unset, too.
    return value ?? whole;
  });
  return { text: filled, names, missing };
}
