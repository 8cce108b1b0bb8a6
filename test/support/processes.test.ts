import { expect, test } from 'vitest';
import { allProcesses, fromPs } from './processes.js';

test('ps tells of processes what /proc does', async () => {
  const self = async (list: typeof fromPs) => (await list()).find(({ pid }) => pid === process.pid);
  expect(await self(fromPs)).toEqual(await self(allProcesses));
  expect(await self(fromPs)).toMatchObject({ parent: process.ppid });
});
