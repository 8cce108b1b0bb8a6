import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createTemporaryFolder } from '../../support/temporary-folder.js';
import { outputOf } from '../tools/run.js';
import { workloadsOf } from './pods.js';
import { golden, objectsOf } from './render.js';

const workload = workloadsOf(objectsOf(golden('everything'))).find(({ name }) => name === 'cht-sync-postgres')!;
const [script, ...args] = workload.container.args as [string, ...string[]];

describe('the PostgreSQL of the Helm chart', () => {
  test.each([
    ['none yet', [], 'pgdata'],
    ['those at the top of the volume', ['PG_VERSION', 'base/1/PG_VERSION'], '.'],
    ['those in a folder of the volume', ['lost+found/x', 'db/PG_VERSION', 'db/base/1/PG_VERSION'], 'db'],
  ])('finds its files: %s', async (_, files, expected) => {
    await using folder = await createTemporaryFolder();
    const volume = join(folder.path, 'volume');
    await mkdir(volume);
    for (const file of files) {
      await mkdir(join(volume, file, '..'), { recursive: true });
      await writeFile(join(volume, file), '');
    }
    const started = 'printf "%s\\n" "$PGDATA" "$@"';
    const runnable = script
      .replaceAll('/var/lib/postgresql/data', volume)
      .replace('exec docker-entrypoint.sh', `set --`);
    const output = await outputOf('sh', ['-c', `${runnable.trimEnd()}\n${started}`, ...args]);
    const settings = ['postgres', '-c', 'max_connections=200', '-c', 'shared_buffers=512MB'];
    expect(output.trim().split('\n')).toEqual([join(volume, expected), ...settings]);
  });
});
