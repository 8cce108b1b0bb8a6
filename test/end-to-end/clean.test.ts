import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../deploy/tools/run.js';
import { createTemporaryFolder } from '../support/temporary-folder.js';

const kept = ['.env', 'package.json', 'scripts'];
const installed = ['.python', '.superset', '.tools', 'node_modules'];

/** A checkout that has only the scripts, and what is made in a real one; gives what is left when it is cleaned. */
async function cleaned(folder: string, ...args: string[]) {
  await cp('scripts', join(folder, 'scripts'), { recursive: true });
  for (const name of ['dist', '.cht-sync', ...installed]) {
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, name, 'file'), '');
  }
  for (const name of ['.env', 'package.json']) await writeFile(join(folder, name), '');
  const { exitCode, stderr } = await run(process.execPath, [join(folder, 'scripts/clean.mjs'), ...args]);
  return { exitCode, stderr, left: (await readdir(folder)).sort() };
}

test('cleaning removes what was made; with --all also what was installed, for tests and Superset, too; never what a person wrote', async () => {
  await using folder = await createTemporaryFolder();
  const well = { exitCode: 0, stderr: '' };
  expect(await cleaned(folder.path)).toEqual({ ...well, left: [...kept, ...installed].sort() });
  expect(await cleaned(folder.path, '--all')).toEqual({ ...well, left: kept });
});

test('while CHT Sync runs nothing is removed', async () => {
  await using folder = await createTemporaryFolder();
  await mkdir(join(folder.path, '.cht-sync'));
  await writeFile(join(folder.path, '.cht-sync/running.json'), JSON.stringify({ pid: process.pid }));
  const { exitCode, stderr, left } = await cleaned(folder.path, '--all');
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/CHT Sync runs on \.cht-sync/);
  expect(left).toEqual([...kept, ...installed, 'dist', '.cht-sync'].sort());
});
