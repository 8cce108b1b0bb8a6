import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { startEmbeddedSuperset } from '../../src/embedded/index.js';
import { systemClock } from '../../src/lib/index.js';
import { freePort } from './global-postgres.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** A Superset of its own for this run, and its admin. */
    superset: { readonly url: string; readonly user: string; readonly password: string };
  }
}

const inProject = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** How the Superset of this project is started: the Python it is installed for, and our program around it. */
export const supersetProgram = {
  python: inProject('.superset/bin/python'),
  programFolder: inProject('superset'),
} as const;

/**
 * Gives the tests a Superset: the one of `SUPERSET_TEST_URL` (with the admin's name and password), or one for this run, which
 * is removed after.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.SUPERSET_TEST_URL;
  if (given !== undefined) {
    const { origin: url, username: user, password } = new URL(given);
    project.provide('superset', { url, user, password });
    return undefined;
  }
  if (!existsSync(supersetProgram.python)) {
    throw new Error('Superset is not installed: `npm run test:superset` does that, or `npm run setup -- --superset`.');
  }
  const folder = await mkdtemp(join(tmpdir(), 'cht-sync-superset-'));
  const server = await startEmbeddedSuperset({
    ...{ folder, port: await freePort(), clock: systemClock },
    ...supersetProgram,
  });
  const { url, user, password } = server;
  project.provide('superset', { url, user, password });
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
