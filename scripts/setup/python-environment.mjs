import { existsSync } from 'node:fs';
import { findPython, pythonOfDbt } from './find-python.mjs';
import { inRoot, root } from './places.mjs';
import { run } from './run.mjs';
import { fingerprint, isStamped, stamp } from './stamp.mjs';
import { interpreterOf, makeEnvironment, pipInstall } from './virtual-environment.mjs';

const folder = inRoot('.python');
const stampFile = inRoot('.python', '.cht-sync-setup');
const requirements = inRoot('dbt', 'requirements.lock');
// A virtual environment holds its own path: a project that has been moved needs a new one.
const print = () => fingerprint([requirements], [root]);

/** dbt in a private Python environment, exactly the versions and files that the lock lists. */
export const pythonEnvironment = {
  title: 'dbt, in a private Python environment',
  // `existsSync` follows the link to the Python it was made with, which may have been removed since.
  isDone: () => isStamped(stampFile, print()) && existsSync(interpreterOf(folder)),
  check: () => findPython(pythonOfDbt),
  run: async () => {
    await makeEnvironment(findPython(pythonOfDbt), folder);
    await pipInstall(folder, requirements, 'dbt');
    // dbt starts a third faster from compiled files. A template that is no valid Python is no failure.
    await run(interpreterOf(folder), ['-m', 'compileall', '-q', '-j', '2', '.python/lib'], {
      what: 'Compiling',
      otherwise: '',
    }).catch(() => undefined);
    stamp(stampFile, print());
  },
};
