import { createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCommandLine } from '../../../src/cli/index.js';

/** What a client asks for. */
interface Request {
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Runs `cht-sync` in this process for scripts that call it, because to load it anew for each of a hundred calls takes minutes.
 * A client sends a line of JSON, and gets back one with the exit code and what was printed.
 */
export async function startCommandServer(socket: string): Promise<AsyncDisposable> {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    answer(client).catch((error: unknown) => client.destroy(error as Error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(socket, resolve);
  });
  return {
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

async function answer(client: Socket): Promise<void> {
  const { args, folder, env } = JSON.parse(await received(client)) as Request;
  const streams = [new PassThrough(), new PassThrough()] as const;
  const printed = Promise.all(streams.map((stream) => text(stream)));
  const [stdout, stderr] = streams as unknown as readonly [NodeJS.WriteStream, NodeJS.WriteStream];
  const code = await runCommandLine({ args, folder, env, stdout, stderr });
  for (const stream of streams) stream.end();
  const [out, err] = await printed;
  client.end(JSON.stringify({ code, stdout: out, stderr: err }));
}

/** All that comes; what iterates over a socket closes it in the end, and nothing could be answered. */
function received(client: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = '';
    client.setEncoding('utf8').on('data', (piece: string) => (all += piece));
    client.once('end', () => resolve(all)).once('error', reject);
  });
}

/** The program that asks the server: what is behind its own name are the words of `cht-sync`. */
export const clientProgram = (socket: string) => `
const { createConnection } = require('node:net');
const client = createConnection({ path: ${JSON.stringify(socket)}, allowHalfOpen: true });
let answer = '';
client.setEncoding('utf8').on('data', (piece) => (answer += piece)).on('end', () => {
  const { code, stdout, stderr } = JSON.parse(answer);
  process.stderr.write(stderr);
  process.stdout.write(stdout);
  process.exitCode = code;
});
client.end(JSON.stringify({ args: process.argv.slice(2), folder: process.cwd(), env: process.env }));
`;
