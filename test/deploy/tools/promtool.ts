import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../../src/lib/index.js';
import { madeOnce } from './made-once.js';
import { outputOf, run } from './run.js';

/** Prometheus' own checker, or why there is none. */
export type Promtool = { readonly path: string } | { readonly missing: string };

/** That of the PATH; on Debian and Ubuntu that of their package, which is taken out of it without being installed. */
export async function findPromtool(): Promise<Promtool> {
  if ((await run('promtool', ['--version'])).exitCode === 0) return { path: 'promtool' };
  try {
    return { path: await madeOnce('promtool', fromDebian) };
  } catch (error) {
    return { missing: `there is no promtool on the PATH, nor one to be had from apt-get: ${messageOf(error)}` };
  }
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
