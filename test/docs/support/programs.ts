import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clientProgram } from './command-server.js';
import { repository } from './pages.js';

/** Commands that run until they are stopped: as processes of their own. */
const services = 'start|couch2pg|dataemon|embedded-couchdb';

/**
 * Makes `npx` and `npm` for the scripts of pages: the one of them that knows nothing but `cht-sync`, the other nothing but
 * `npm start`. Both do what the real ones do with them, without looking at a package's folder for a second.
 *
 * @returns the folder to put before all others of the PATH.
 */
export async function makePrograms(folder: string, socket: string): Promise<string> {
  const programs = join(folder, 'programs');
  await mkdir(programs);
  await writeFile(join(programs, 'client.cjs'), clientProgram(socket));
  const real = `"${process.execPath}" "${join(repository, 'bin/cht-sync.js')}"`;
  const client = `"${process.execPath}" "${join(programs, 'client.cjs')}"`;
  await writeProgram(
    join(programs, 'npx'),
    `[ "$1" = cht-sync ] || { echo "npx: the tests know no $1" >&2; exit 64; }
shift
case "$1" in
  ${services}) exec ${real} "$@" ;;
  *) exec ${client} "$@" ;;
esac`,
  );
  await writeProgram(
    join(programs, 'npm'),
    `[ "$1" = start ] || { echo "npm: the tests know no $1" >&2; exit 64; }
shift
while [ "\${1:-}" = --silent ]; do shift; done
[ "\${1:-}" != -- ] || shift
exec ${real} start "$@"`,
  );
  return programs;
}

async function writeProgram(path: string, script: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}
