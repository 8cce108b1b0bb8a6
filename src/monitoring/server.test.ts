import { expect, test } from 'vitest';
import { createMetrics } from './metrics.js';
import { startMonitoring } from './server.js';

const metrics = createMetrics('3.0.0', { sources: () => [], stored: () => Promise.resolve(undefined) });
const well = { host: '127.0.0.1', metrics, waitingFor: () => [], stuck: () => [] };

test('metrics, health and readiness are served', async () => {
  let waitingFor = ['host/medic is catching-up'];
  let stuck: string[] = [];
  const server = await startMonitoring({ ...well, port: 0, waitingFor: () => waitingFor, stuck: () => stuck });
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${server.url}${path}`, init);
    return { status: response.status, body: await response.text() };
  };
  expect(await get('/healthz')).toEqual({ status: 200, body: 'ok\n' });
  expect(await get('/readyz')).toEqual({ status: 503, body: 'host/medic is catching-up\n' });
  waitingFor = [];
  expect(await get('/readyz')).toEqual({ status: 200, body: 'ok\n' });
  stuck = ['host/medic is live, without a sign for 15 minutes'];
  expect(await get('/healthz')).toEqual({ status: 503, body: 'host/medic is live, without a sign for 15 minutes\n' });
  expect((await get('/metrics?x=1')).body).toContain('cht_sync_build_info');
  expect((await get('/')).status).toBe(404);
  expect((await get('/metrics', { method: 'POST' })).status).toBe(405);
  await server.stop();
  await expect(get('/healthz')).rejects.toThrow();
});

test('a port that is taken is an error', async () => {
  const first = await startMonitoring({ ...well, port: 0 });
  await expect(startMonitoring({ ...well, port: Number(new URL(first.url).port) })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
  await first.stop();
});
