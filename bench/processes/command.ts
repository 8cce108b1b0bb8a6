/** The command `cht-sync` itself, as `src/main.ts` runs it, compiled for the benchmarks. */
import { runCommandLine } from '../../src/cli/index.js';

const { stdout, stderr } = process;
process.exitCode = await runCommandLine({
  args: process.argv.slice(2),
  env: process.env,
  folder: process.cwd(),
  stdout,
  stderr,
});
process.exit();
