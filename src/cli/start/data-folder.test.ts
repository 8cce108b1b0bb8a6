import { spawn } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { takeDataFolder } from './data-folder.js';
import { processIdentity } from './process-identity.js';

const freshFolder = async () => join(await mkdtemp(join(tmpdir(), 'cht-sync-folder-')), 'made');

test('a folder is taken by one process at a time', async () => {
  const path = await freshFolder();
  const first = await takeDataFolder(path);
  await expect(takeDataFolder(path)).rejects.toMatchObject({
    code: 'ALREADY_RUNNING',
    message: expect.stringContaining(String(process.pid)) as string,
  });
  await first.release();
  await (await takeDataFolder(path)).release();
});

test('a file left by a process that was killed does not count', async () => {
  const path = await freshFolder();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const pid = child.pid ?? 0;
  const taken = await takeDataFolder(path, pid);
  await expect(takeDataFolder(path)).rejects.toMatchObject({ code: 'ALREADY_RUNNING' });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  await (await takeDataFolder(path)).release();
  await taken.release();
});

test('another process that has got the id of the killed one does not count', async () => {
  const path = await freshFolder();
  await (await takeDataFolder(path)).release();
  await writeFile(join(path, 'running.json'), JSON.stringify({ pid: process.pid, identity: 'another time' }));
  const taken = await takeDataFolder(path);
  expect(JSON.parse(await readFile(join(path, 'running.json'), 'utf8'))).toEqual({
    pid: process.pid,
    identity: processIdentity(process.pid),
  });
  await taken.release();
});

test('of many that start at once on a left-over file, exactly one gets the folder', async () => {
  const path = await freshFolder();
  await (await takeDataFolder(path)).release();
  await writeFile(join(path, 'running.json'), '');
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => takeDataFolder(path)));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a folder that cannot be made is named with what to do', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'cht-sync-folder-')), 'a file');
  await writeFile(file, '');
  await expect(takeDataFolder(file)).rejects.toMatchObject({
    code: 'EMBEDDED_FAILED',
    remedy: expect.stringContaining('EMBEDDED_DATA_DIR') as string,
  });
});
