import { runCommandLine } from './cli/index.js';

const { stdout, stderr } = process;
process.exitCode = await runCommandLine({
  args: process.argv.slice(2),
  env: process.env,
  folder: process.cwd(),
  stdout,
  stderr,
});
// Everything has been stopped by now: a timer or connection that a library has left open must not hold the process.
await Promise.all([stdout, stderr].map((stream) => new Promise((written) => stream.write('', written))));
process.exit();
