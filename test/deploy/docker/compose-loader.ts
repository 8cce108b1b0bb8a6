import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { madeOnce } from '../tools/made-once.js';
import { outputOf, run, type Outcome } from '../tools/run.js';

const source = fileURLToPath(new URL('../compose-check', import.meta.url));

/** Builds the program in compose-check/, the loader of Docker Compose; it needs Go. */
export async function composeLoader(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of ['main.go', 'go.sum']) hash.update(await readFile(join(source, file)));
  return madeOnce(`compose-check-${hash.digest('hex').slice(0, 12)}`, async (path) => {
    await outputOf('go', ['build', '-mod=readonly', '-o', path, '.'], { cwd: source });
  });
}

/** Loads a compose file with some profiles and nothing in the environment but some variables. */
export async function loadCompose(
  loader: string,
  file: string,
  profiles: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<Outcome> {
  return run(loader, [file, ...profiles], { env: { HOME: '/nonexistent', ...variables } });
}
