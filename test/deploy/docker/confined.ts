import { chmod, chown, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { outputOf, run } from '../tools/run.js';
import type { PlainImage } from './plain-build.js';

/** How a container of an image is started here. */
export interface Confined {
  /** The program and its first arguments; the entrypoint of the image is in it. */
  readonly program: [string, ...string[]];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

const isRoot = process.getuid?.() === 0;

/** What a command of an image is started by, so that it runs as the user of the image. */
function asUser(uid: string, gid: string): [string, ...string[]] | [] {
  return isRoot ? ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs', '--'] : [];
}

/**
 * The first of some programs that the user of an image may run, as one below /root is not.
 *
 * @param args - with which it ends with 0 when it will do.
 * @throws Error when there is none.
 */
export async function usableBy(user: string, candidates: readonly string[], args: readonly string[]): Promise<string> {
  const [uid = '', gid = ''] = user.split(':');
  for (const candidate of candidates) {
    const [program, ...rest] = [...asUser(uid, gid), candidate, ...args] as [string, ...string[]];
    if ((await run(program, rest)).exitCode === 0) return candidate;
  }
  throw new Error(`user ${user} can run none of ${candidates.join(', ')}`);
}

/**
 * Makes ready to start an image as its own user, who can write to `/tmp` and to its data folder and to nothing else of the
 * image. One who is not root stays who he is, and may not write to the image either.
 */
export async function confine(image: PlainImage): Promise<Confined> {
  const { root, user, entrypoint, workdir } = image;
  const [uid = '', gid = ''] = user.split(':');
  const writable = [join(root, 'tmp'), join(root, 'var/lib/cht-sync')];
  if (!isRoot) await outputOf('chmod', ['-R', 'a-w', root]);
  for (const path of writable) {
    if (!isRoot) for (const parent of [root, dirname(path)]) await chmod(parent, 0o755).catch(() => undefined);
    await mkdir(path, { recursive: true });
    if (isRoot) await chown(path, Number(uid), Number(gid));
  }
  // This machine may have no tini, which only passes signals on and reaps what is left behind.
  const [program, ...rest] = entrypoint[0] === 'tini' ? entrypoint.slice(2) : entrypoint;
  return {
    program: [...asUser(uid, gid), program!, ...rest] as [string, ...string[]],
    folder: workdir,
    environment: { ...image.environment, HOME: writable[1]!, TMPDIR: writable[0]! },
  };
}

/** Lets the folder of an image that was confined be removed. */
export async function release({ root }: PlainImage): Promise<void> {
  if (!isRoot) await outputOf('chmod', ['-R', 'u+w', root]);
}
