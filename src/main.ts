import { runCommandLine } from './cli/index.js';

const { stdout, stderr } = process;
// Whoever read the output may be gone, as after `| head`: a command that runs on stops then (cli/stop-signal.ts), any other
// ends here.
for (const stream of [stdout, stderr]) {
  stream.on('error', () => {
    process.exitCode = 1;
    if (stream.listenerCount('error') === 1) process.exit();
  });
}
const exitCode = await runCommandLine({
  args: process.argv.slice(2),
  env: process.env,
  folder: process.cwd(),
  stdout,
  stderr,
});
// Everything has been stopped by now: a timer or connection that a library has left open must not hold the process.
await Promise.all([stdout, stderr].map((stream) => new Promise((written) => stream.write('', written))));
process.exit(process.exitCode ?? exitCode);
