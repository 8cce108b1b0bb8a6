import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { findPython, pythonOfSuperset } from './find-python.mjs';
import { inRoot, root } from './places.mjs';
import { run } from './run.mjs';
import { SetupError } from './setup-error.mjs';
import { fingerprint, isStamped, stamp } from './stamp.mjs';
import { interpreterOf, lockedOnly, makeEnvironment, pipInstall } from './virtual-environment.mjs';

const folder = inRoot('.superset');
const stampFile = inRoot('.superset', '.cht-sync-setup');
const installer = inRoot('superset', 'installer.lock');
const requirements = inRoot('superset', 'requirements.lock');
const print = () => fingerprint([installer, requirements], [root]);

/** Packages of the list that come as source only. */
const fromSource = ['odfpy', 'wtforms-json'];
const neededBytes = 1_200_000_000;

/** Apache Superset in a private Python environment, exactly the versions and files that the lock lists. */
export const supersetEnvironment = {
  title: 'Apache Superset, in a private Python environment (once; about 300 MB to download, 800 MB of disk)',
  isDone: () => isStamped(stampFile, print()) && existsSync(interpreterOf(folder)),
  check: () => {
    findPython(pythonOfSuperset);
    const { bavail, bsize } = statfsSync(root);
    if (bavail * bsize >= neededBytes || existsSync(folder)) return;
    throw new SetupError(
      `Superset takes about 1 GB of disk while it is installed, and ${root} has ${Math.floor((bavail * bsize) / 1e6)} MB left.`,
      'Free some, or start without --superset.',
    );
  },
  run: async () => {
    await makeEnvironment(findPython(pythonOfSuperset), folder);
    await pipInstall(folder, installer, 'the installer of Superset');
    await run(
      join(folder, 'bin', 'uv'),
      [
        ...['pip', 'install', '--python', interpreterOf(folder), ...lockedOnly, '--requirement', requirements],
        ...fromSource.flatMap((name) => ['--no-binary', name]),
        // What is built is built with the setuptools of the list, not with whatever is newest.
        ...['--no-build-isolation', '--no-config', '--no-progress', '--compile-bytecode'],
      ],
      { what: 'Installing Superset (uv)', otherwise: 'See what uv says above.' },
    );
    stamp(stampFile, print());
  },
};
