import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';

/** Runs the audit against services that answer as told; gives what it printed and its exit code. */
async function audit(answer: (path: string) => unknown): Promise<{ code: number | null; text: string }> {
  const server = createServer((request, response) => {
    request.resume();
    const body = answer(request.url ?? '');
    response
      .writeHead(body === undefined ? 405 : 200, { 'content-type': 'application/json' })
      .end(JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    return await new Promise((resolve) => {
      const env = { ...process.env, OSV_URL: url, npm_config_registry: url, npm_config_fetch_retries: '0' };
      const child = execFile(process.execPath, ['scripts/audit.mjs'], { env }, (_, text) =>
        resolve({ code: child.exitCode, text }),
      );
    });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

test('the audit fails for what is severe, and says of what it could not ask that it is not checked', async () => {
  expect(await audit(() => undefined)).toEqual({
    code: 0,
    text: expect.stringMatching(/npm packages.*NOT CHECKED[^]*Python packages.*NOT CHECKED/) as string,
  });
  const osv = (severity: string) => (path: string) =>
    path.startsWith('/v1/vulns')
      ? { summary: 'a hole', database_specific: { severity } }
      : { results: [{ vulns: [{ id: 'GHSA-1' }] }] };
  expect(await audit(osv('MODERATE'))).toMatchObject({
    code: 0,
    text: expect.stringContaining('0 high or critical, 1 lesser') as string,
  });
  expect(await audit(osv('CRITICAL'))).toMatchObject({
    code: 1,
    text: expect.stringContaining('critical: agate 1.9.1: GHSA-1 a hole') as string,
  });
});
