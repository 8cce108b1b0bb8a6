import { expect, test } from 'vitest';
import { createMetrics } from './metrics.js';
import type { Readiness } from './samples.js';
import { startMonitoring } from './server.js';

const metrics = createMetrics('3.0.0', { sources: () => [], models: () => [], tests: () => [] });

test('metrics, health and readiness are served', async () => {
  let readiness: Readiness = { ready: false, waitingFor: ['host/medic is catching-up'] };
  const server = await startMonitoring({ host: '127.0.0.1', port: 0, metrics, readiness: () => readiness });
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${server.url}${path}`, init);
    return { status: response.status, body: await response.text() };
  };
  expect(await get('/healthz')).toEqual({ status: 200, body: 'ok\n' });
  expect(await get('/readyz')).toEqual({ status: 503, body: 'host/medic is catching-up\n' });
  readiness = { ready: true, waitingFor: [] };
  expect(await get('/readyz')).toEqual({ status: 200, body: 'ok\n' });
  expect((await get('/metrics?x=1')).body).toContain('cht_sync_build_info');
  expect((await get('/')).status).toBe(404);
  expect((await get('/metrics', { method: 'POST' })).status).toBe(405);
  await server.stop();
  await expect(get('/healthz')).rejects.toThrow();
});

test('a port that is taken is an error', async () => {
  const options = { host: '127.0.0.1', metrics, readiness: () => ({ ready: true, waitingFor: [] }) };
  const first = await startMonitoring({ ...options, port: 0 });
  await expect(startMonitoring({ ...options, port: Number(new URL(first.url).port) })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
  await first.stop();
});
