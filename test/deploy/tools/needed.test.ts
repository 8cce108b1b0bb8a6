import { expect, test } from 'vitest';
import { needed, orSkip } from '../../support/needed.js';
import { outputOf } from './run.js';

const noTool = () => outputOf('there-is-no-such-tool', ['--version']);

test('what a machine cannot have is named, with the reason that its tests are skipped for', async () => {
  const found = await needed('The tool', noTool, false);
  expect(found.missing).toMatch(/^The tool cannot be had here: .*there-is-no-such-tool is not there$/s);
  const skip = (reason: string): never => {
    throw new Error(`skipped: ${reason}`);
  };
  expect(() => orSkip(found, skip)).toThrow(/^skipped: The tool cannot be had here/);
  expect(orSkip(await needed('A tool', () => Promise.resolve('there'), true), skip)).toBe('there');
});

test('in CI it is an error', async () => {
  await expect(needed('The tool', noTool, true)).rejects.toThrow(/The tool cannot be had here: .*\n.*In CI/s);
});
