import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /**
     * The path of a Python that has loaded dbt already, for tests that start dbt again and again: that and parsing dbt's own
     * macros take seconds. The real command, which other tests start, uses the one of `.python`.
     */
    preloadedPython: string;
    /**
     * The path of a `cht-sync` that is the real command in all but its Python, which is the preloaded one: for tests of the
     * command to which it does not matter how its dbt has started.
     */
    commandWithPreloadedPython: string;
  }
}

const root = resolve(import.meta.dirname, '../..');
const python = join(root, '.python/bin/python');

/** Gives the tests a Python that forks. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'cht-sync-python-'));
  const socket = join(folder, 'socket');
  const script = (name: string) => join(import.meta.dirname, 'preloaded-python', name);
  const server = spawn(python, [script('server.py'), socket, join(root, 'pipeline'), join(root, 'dbt')], {
    stdio: ['pipe', 'inherit', 'inherit'],
    // What killed children leave behind is no news.
    env: { ...process.env, PYTHONUTF8: '1', PYTHONWARNINGS: 'ignore' },
  });
  const exited = once(server, 'exit');
  const client = join(folder, 'python');
  await writeFile(client, `#!/bin/sh\nexec '${python}' -I -S '${script('client.py')}' '${socket}' "$@"\n`, {
    mode: 0o755,
  });
  project.provide('preloadedPython', client);
  project.provide('commandWithPreloadedPython', await copyOfCommand(join(folder, 'checkout'), client));
  return async () => {
    server.stdin.end();
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
}

/** Makes a folder like that of this project, with another Python; gives the command in it. */
async function copyOfCommand(folder: string, interpreter: string): Promise<string> {
  await mkdir(join(folder, '.python/bin'), { recursive: true });
  await symlink(interpreter, join(folder, '.python/bin/python'));
  // Node looks for what a file imports from where the file really is.
  for (const name of ['bin', 'dist']) await cp(join(root, name), join(folder, name), { recursive: true });
  for (const name of ['package.json', 'node_modules', 'pipeline', 'dbt', 'dashboards']) {
    await symlink(join(root, name), join(folder, name));
  }
  return join(folder, 'bin/cht-sync.js');
}
