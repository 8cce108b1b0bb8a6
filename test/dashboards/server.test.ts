import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { startEmbeddedSuperset } from '../../src/embedded/index.js';
import { systemClock } from '../../src/lib/index.js';
import { supersetProgram } from '../support/global-superset.js';

test('its pages do not make browsers ask anyone who counts installations', async () => {
  const response = await fetch(`${inject('superset').url}/login/`);
  expect(response.status).toBe(200);
  const policy = response.headers.get('content-security-policy');
  expect(policy).toContain("img-src 'self'");
  expect(policy).not.toContain('scarf');
});

test('a port that another program has is told in the words of Superset, and secrets are for this user only', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cht-sync-superset-'));
  const port = Number(new URL(inject('superset').url).port);
  try {
    await expect(startEmbeddedSuperset({ folder, port, clock: systemClock, ...supersetProgram })).rejects.toMatchObject(
      {
        code: 'EMBEDDED_FAILED',
      },
    );
    for (const name of ['secret-key', 'admin-password', 'superset.log']) {
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    }
    expect(await readFile(join(folder, 'superset.log'), 'utf8')).not.toContain(
      (await readFile(join(folder, 'admin-password'), 'utf8')).trim(),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
