import { createServer } from 'node:net';

const portsTried = 100;

/** The first port from `preferred` on that nothing listens on at 127.0.0.1; `preferred` itself when there is none. */
export async function freePortFrom(preferred: number): Promise<number> {
  for (let port = preferred; port < Math.min(preferred + portsTried, 65_536); port += 1) {
    if (await isFree(port)) return port;
  }
  return preferred;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
