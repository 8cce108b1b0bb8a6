import { existsSync, rmSync } from 'node:fs';
import { findPython } from './find-python.mjs';
import { inRoot, root } from './places.mjs';
import { run } from './run.mjs';
import { SetupError } from './setup-error.mjs';
import { fingerprint, isStamped, stamp } from './stamp.mjs';

const folder = inRoot('.python');
const python = inRoot('.python', 'bin', 'python');
const stampFile = inRoot('.python', '.cht-sync-setup');
const requirements = inRoot('dbt', 'requirements.lock');
// A virtual environment holds its own path: a project that has been moved needs a new one.
const print = () => fingerprint([requirements], [root]);

/** dbt in a private Python environment, exactly the versions and files that the lock lists. */
export const pythonEnvironment = {
  title: 'dbt, in a private Python environment',
  // `existsSync` follows the link to the Python it was made with, which may have been removed since.
  isDone: () => isStamped(stampFile, print()) && existsSync(python),
  run: async () => {
    const base = findPython();
    rmSync(folder, { recursive: true, force: true });
    await makeEnvironment(base);
    await run(
      python,
      [
        ...['-m', 'pip', 'install', '--require-hashes', '--requirement', requirements, '--only-binary', ':all:'],
        ...['--no-compile', '--no-input', '--disable-pip-version-check', '--progress-bar', 'off'],
      ],
      { what: 'Installing dbt (pip)', otherwise: 'See what pip says above.' },
    );
    // dbt starts a third faster from compiled files. A template that is no valid Python is no failure.
    await run(python, ['-m', 'compileall', '-q', '-j', '2', '.python/lib'], { what: 'Compiling', otherwise: '' }).catch(
      () => undefined,
    );
    stamp(stampFile, print());
  },
};

async function makeEnvironment(base) {
  try {
    await run(base, ['-m', 'venv', '--clear', folder], {
      what: `Making a Python environment (${base} -m venv)`,
      otherwise: `See what Python says above; PYTHON=/path/to/python3.12 names another.`,
    });
  } catch (error) {
    if (!/ensurepip|No module named venv/i.test(error.message)) throw error;
    throw new SetupError(
      `The module venv of ${base} is missing or not complete.`,
      'On Debian or Ubuntu: `apt install python3-venv`. Or point PYTHON to another: PYTHON=/path/to/python3.12 npm start',
    );
  }
}
