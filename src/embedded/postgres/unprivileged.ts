import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SyncError } from '../../lib/index.js';

/** How to start a program as the user that PostgreSQL runs as. */
export interface Runner {
  /** The command line that runs `program` with `args` as that user. */
  command(program: string, args: readonly string[]): [string, string[]];
  /** Gives a file or folder to that user. */
  own(path: string): Promise<void>;
}

/**
 * Keeps the capability to pass through folders. `no_setuid_fixup` has access(2), by which PostgreSQL's programs look for
 * each other, heed it as well: capabilities(7), "The securebits flags".
 */
const passThrough = ['--securebits=+no_setuid_fixup', '--inh-caps=+dac_override', '--ambient-caps=+dac_override'];

/**
 * PostgreSQL refuses to run as root. For root it is run as `postgres`, or as `nobody` where there is no such user, by
 * `setpriv` of util-linux. When a folder on the way (such as /root) may not be entered by that user, the one capability
 * to pass through it is kept.
 *
 * @param paths - what the program must be able to reach: the programs and the data folder.
 * @throws SyncError EMBEDDED_FAILED when run as root without `setpriv`.
 */
export function unprivilegedRunner(paths: readonly string[]): Runner {
  if (process.getuid?.() !== 0) {
    return { command: (program, args) => [program, [...args]], own: () => Promise.resolve() };
  }
  const { uid, gid } = idsOf('postgres') ?? idsOf('nobody') ?? { uid: 65534, gid: 65534 };
  const setpriv = findSetpriv();
  const capability = paths.every(othersMayEnter) ? [] : passThrough;
  const flags = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...capability, '--'];
  return {
    command: (program, args) => [setpriv, [...flags, program, ...args]],
    own: (path) => chown(path, uid, gid),
  };
}

function findSetpriv(): string {
  try {
    execFileSync('setpriv', ['--version'], { stdio: 'ignore' });
    return 'setpriv';
  } catch (cause) {
    throw new SyncError('EMBEDDED_FAILED', 'PostgreSQL does not run as root, and `setpriv` (util-linux) is missing.', {
      remedy: 'Run as another user, install util-linux, or set POSTGRES_HOST to use a PostgreSQL of your own.',
      cause,
    });
  }
}

function idsOf(user: string): { uid: number; gid: number } | undefined {
  try {
    const id = (flag: string) =>
      Number(execFileSync('id', [flag, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

function othersMayEnter(path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
