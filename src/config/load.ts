import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'dotenv';
import { ConfigError, messageOf } from '../lib/index.js';
import { readConfig, type Reading } from './read.js';

/** What a process brings. */
export interface Surroundings {
  /** The folder whose `.env` is read, and which relative paths start from. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** By name of the variable. */
  readonly flags: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the configuration from flags, the environment, the `.env` file of a folder and the file that CONFIG_FILE names, in
 * this order of precedence.
 *
 * @throws ConfigError when there is an `.env` that cannot be read.
 */
export function loadConfig({ folder, env, flags }: Surroundings): Reading {
  return readConfig({
    flags,
    env,
    dotenv: readDotenv(resolve(folder, '.env')),
    readFile: (path) => readFileSync(resolve(folder, path), 'utf8'),
    openTo: (path) => openTo(resolve(folder, path)),
  });
}

/** Windows has no such modes: Node shows every file as open to all. */
function openTo(path: string): 'group' | 'others' | undefined {
  if (process.platform === 'win32') return undefined;
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o004) !== 0) return 'others';
  return (mode & 0o040) === 0 ? undefined : 'group';
}

function readDotenv(path: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new ConfigError(`${path} cannot be read: ${messageOf(error)}`, { remedy: 'Make it readable, or remove it.' });
  }
  return parse(quoteHashes(text.replace(/^\uFEFF/, '')));
}

/**
 * `dotenv` ends a value without quotes at any `#`, compose only at one after a space, as in `a # comment`. Passwords and
 * `repository.git#revision` mean what they mean to compose.
 */
export function quoteHashes(text: string): string {
  return text.replace(
    /^(\s*(?:export\s+)?[\w.-]+\s*=[ \t]*)([^\s'"`#][^\r\n]*)/gm,
    (line, start: string, rest: string) => {
      const value = rest.replace(/\s#.*$/, '').trimEnd();
      const quote = ["'", '`', '"'].find((candidate) => !value.includes(candidate));
      return value.includes('#') && quote !== undefined ? `${start}${quote}${value}${quote}` : line;
    },
  );
}
