import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RenderedMetrics } from './metrics.js';

/** What is served, and where. */
export interface MonitoringOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly metrics: RenderedMetrics;
  /** What keeps the process from being ready, a line each. */
  readonly waitingFor: () => readonly string[];
  /** What seems never to go on by itself, a line each; CouchDB or PostgreSQL being away is nothing of that kind. */
  readonly stuck: () => readonly string[];
}

/** A running monitoring server. */
export interface MonitoringServer {
  /** Without a path: `http://127.0.0.1:9399`. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Serves `/metrics`, `/healthz` (200, or 503 with the reasons when a restart would help) and `/readyz` (200 when everything
 * is followed and built, else 503 with the reasons). None of them waits for CouchDB, and only metrics for PostgreSQL, briefly.
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

function handler({ metrics, waitingFor, stuck }: MonitoringOptions): RequestListener {
  return (request, response) => {
    const answer = (status: number, body: string, type = 'text/plain; charset=utf-8') =>
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    const verdict = (reasons: readonly string[]) =>
      reasons.length === 0 ? answer(200, 'ok\n') : answer(503, reasons.map((reason) => `${reason}\n`).join(''));
    const path = request.url?.replace(/\?.*$/, '');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      answer(405, 'only GET\n');
    } else if (path === '/healthz') {
      verdict(stuck());
    } else if (path === '/readyz') {
      verdict(waitingFor());
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
