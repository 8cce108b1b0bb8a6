import { SyncError } from '../lib/index.js';

/**
 * Imports what the demonstration alone needs; its packages are left out where only production is installed, as in images.
 *
 * @throws SyncError EMBEDDED_FAILED when they are not there.
 */
export async function demonstrationOnly<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new SyncError('EMBEDDED_FAILED', 'The embedded servers are not installed here, only what production needs.', {
      remedy: 'Use `couch2pg` and `dataemon`, or run `npm run setup` in a checkout of CHT Sync.',
      cause,
    });
  }
}
