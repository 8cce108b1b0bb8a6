import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { madeOnce } from './made-once.js';
import { outputOf, run } from './run.js';

/** What it is, and where it comes from, for a person. */
export const promtoolWhere = 'promtool (on the PATH, or from apt-get)';

/**
 * The path of Prometheus' own checker: that of the PATH; on Debian and Ubuntu that of their package, which is taken out of it
 * without being installed.
 *
 * @throws Error when there is neither.
 */
export async function findPromtool(): Promise<string> {
  if ((await run('promtool', ['--version'])).exitCode === 0) return 'promtool';
  return madeOnce('promtool', fromDebian);
}

async function fromDebian(path: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cht-sync-promtool-'));
  try {
    await outputOf('apt-get', ['download', '-q', 'prometheus'], { cwd: folder });
    const [archive = ''] = await readdir(folder);
    await outputOf('dpkg', ['-x', archive, 'unpacked'], { cwd: folder });
    await copyFile(join(folder, 'unpacked/usr/bin/promtool'), path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
