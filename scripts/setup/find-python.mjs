import { execFileSync } from 'node:child_process';
import { SetupError } from './setup-error.mjs';

/** What dbt runs on, and is tested with. */
export const pythonOfDbt = { what: 'dbt', least: [3, 10], words: 'Python 3.10 or newer' };
/** Superset 6.1 wants a pandas and a numpy that there are no wheels of for 3.13. */
export const pythonOfSuperset = {
  what: 'Superset',
  least: [3, 10],
  below: [3, 13],
  words: 'Python 3.10, 3.11 or 3.12',
};

const names = ['python3', 'python', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];

/**
 * Finds a Python that will do: the one that PYTHON names, or the first on the PATH.
 *
 * @throws SetupError that says how to get one.
 */
export function findPython({ what, least, below, words }, env = process.env) {
  const named = env['PYTHON'];
  const tried = [];
  for (const program of named ? [named] : names) {
    const version = versionOf(program);
    if (version === undefined) continue;
    if (isAtLeast(version, least) && (below === undefined || !isAtLeast(version, below))) return program;
    tried.push(`${program} is ${version.join('.')}`);
  }
  const found = tried.length > 0 ? ` (${tried.join(', ')})` : named ? ` (PYTHON=${named} does not run)` : '';
  throw new SetupError(
    `${words} is needed for ${what}, and none was found${found}.`,
    process.platform === 'darwin'
      ? 'Install it with `brew install python@3.12`, or point PYTHON to one: PYTHON=/path/to/python3.12 npm start'
      : 'Install it, on Debian or Ubuntu with `apt install python3 python3-venv`, or point PYTHON to one: PYTHON=/path/to/python3.12 npm start',
  );
}

function isAtLeast([major, minor], [otherMajor, otherMinor]) {
  return major > otherMajor || (major === otherMajor && minor >= otherMinor);
}

/** Major, minor and patch version; undefined when there is no such program. */
function versionOf(program) {
  try {
    const script = 'import sys; print(*sys.version_info[:3])';
    const output = execFileSync(program, ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return output.trim().split(' ').map(Number);
  } catch {
    return undefined;
  }
}
