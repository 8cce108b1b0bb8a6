import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';
import { SetupError } from './setup-error.mjs';

/** Exactly the files that a list with hashes names, and nothing that has to be built first. */
export const lockedOnly = ['--require-hashes', '--only-binary', ':all:'];

/** The interpreter of a virtual environment. */
export const interpreterOf = (folder) => join(folder, 'bin', 'python');

/**
 * Makes a virtual environment anew.
 *
 * @throws SetupError that says what to install when Python's own module for it is missing.
 */
export async function makeEnvironment(base, folder) {
  rmSync(folder, { recursive: true, force: true });
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

/** Installs a list of packages with pip. */
export async function pipInstall(folder, requirements, what) {
  await run(
    interpreterOf(folder),
    [
      ...['-m', 'pip', 'install', ...lockedOnly, '--requirement', requirements],
      ...['--no-compile', '--no-input', '--disable-pip-version-check', '--progress-bar', 'off'],
    ],
    { what: `Installing ${what} (pip)`, otherwise: 'See what pip says above.' },
  );
}
