import { runCommandLine } from './cli/index.js';

process.exitCode = await runCommandLine({
  args: process.argv.slice(2),
  env: process.env,
  folder: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
});
