import { spawn } from 'node:child_process';
import { SyncError } from '../../lib/index.js';
import { projectPlaces } from '../places.js';
import type { CliSurroundings } from '../surroundings.js';

/**
 * Installs Superset into the project's folder, if that has not been done; tells on standard error how it goes.
 *
 * @throws SyncError SUPERSET_NOT_INSTALLED.
 */
export async function installSuperset({ stderr }: CliSurroundings): Promise<void> {
  const child = spawn(process.execPath, [projectPlaces.setup, '--only-superset'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.pipe(stderr, { end: false });
  const failure = await new Promise<string | undefined>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) =>
      resolve(code === 0 ? undefined : `it ended with ${code ?? signal ?? 'an error'}`),
    );
  });
  if (failure === undefined) return;
  throw new SyncError('SUPERSET_NOT_INSTALLED', `Superset could not be installed: ${failure}.`, {
    remedy: 'See the lines above; `npm run setup -- --superset` tries it again. Without --superset all else runs.',
  });
}
