import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.js';
import type { Readiness } from './samples.js';

/** What is served, and where. */
export interface MonitoringOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly metrics: Metrics;
  readonly readiness: () => Readiness;
}

/** A running monitoring server. */
export interface MonitoringServer {
  /** Without a path: `http://127.0.0.1:9399`. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Serves `/metrics`, `/healthz` (200 while the process answers at all) and `/readyz` (200 when everything is followed
 * and built, else 503 with the reasons).
 *
 * @throws the error of Node when it cannot listen there, such as EADDRINUSE.
 */
export async function startMonitoring(options: MonitoringOptions): Promise<MonitoringServer> {
  const { host, port } = options;
  const server = createServer(handler(options));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    url: urlOf(server),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function urlOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function handler({ metrics, readiness }: MonitoringOptions): RequestListener {
  return (request, response) => {
    const answer = (status: number, body: string, type = 'text/plain; charset=utf-8') =>
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    const path = request.url?.replace(/\?.*$/, '');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      answer(405, 'only GET\n');
    } else if (path === '/healthz') {
      answer(200, 'ok\n');
    } else if (path === '/readyz') {
      const { ready, waitingFor } = readiness();
      answer(ready ? 200 : 503, ready ? 'ok\n' : waitingFor.map((reason) => `${reason}\n`).join(''));
    } else if (path === '/metrics') {
      metrics.render().then(
        (text) => answer(200, text, metrics.contentType),
        () => answer(500, 'the metrics could not be collected\n'),
      );
    } else {
      answer(404, '/metrics, /healthz, /readyz\n');
    }
  };
}
