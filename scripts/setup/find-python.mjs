import { execFileSync } from 'node:child_process';
import { SetupError } from './setup-error.mjs';

const least = [3, 10];
const names = ['python3', 'python', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];

/**
 * Finds a Python that is new enough: the one that PYTHON names, or the first on the PATH.
 *
 * @throws SetupError that says how to get one.
 */
export function findPython(env = process.env) {
  const named = env['PYTHON'];
  const tried = [];
  for (const program of named ? [named] : names) {
    const version = versionOf(program);
    if (version === undefined) continue;
    if (version[0] > least[0] || (version[0] === least[0] && version[1] >= least[1])) return program;
    tried.push(`${program} is ${version.join('.')}`);
  }
  const found = tried.length > 0 ? ` (${tried.join(', ')})` : named ? ` (PYTHON=${named} does not run)` : '';
  throw new SetupError(
    `Python 3.10 or newer is needed for dbt, and none was found${found}.`,
    process.platform === 'darwin'
      ? 'Install it with `brew install python@3.12`, or point PYTHON to one: PYTHON=/path/to/python3.12 npm start'
      : 'Install it, on Debian or Ubuntu with `apt install python3 python3-venv`, or point PYTHON to one: PYTHON=/path/to/python3.12 npm start',
  );
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
