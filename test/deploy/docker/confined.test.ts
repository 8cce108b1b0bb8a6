import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createTemporaryFolder } from '../../support/temporary-folder.js';
import { usableBy } from './confined.js';

test.skipIf(process.getuid?.() !== 0)(
  'a program in a folder that only root may enter is none for the user of an image',
  async () => {
    await using folder = await createTemporaryFolder();
    await chmod(folder.path, 0o755);
    const closed = join(folder.path, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const [ofRoot, ofAll] = [join(closed, 'program'), join(folder.path, 'program')];
    await writeFile(ofRoot, '#!/bin/sh\nexit 0\n');
    await chmod(ofRoot, 0o755);
    await copyFile(ofRoot, ofAll);
    expect(await usableBy('10001:10001', [ofRoot, ofAll], [])).toBe(ofAll);
    await expect(usableBy('10001:10001', [ofRoot], [])).rejects.toThrow(/user 10001:10001 can run none of .*closed/);
  },
);
