import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where tools of the tests are kept between runs; git knows nothing of it. */
const folder = fileURLToPath(new URL('../../../.tools', import.meta.url));

/**
 * A file or folder under `.tools/`, made when it is not there. What `make` leaves at the path that it is given becomes it at
 * once or not at all.
 */
export async function madeOnce(name: string, make: (path: string) => Promise<void>): Promise<string> {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  await mkdir(dirname(path), { recursive: true });
  const workshop = await mkdtemp(`${path}.`);
  try {
    const result = join(workshop, basename(path));
    await make(result);
    await rename(result, path).catch((error: unknown) => {
      // Another run was quicker.
      if (!existsSync(path)) throw error;
    });
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  return path;
}
