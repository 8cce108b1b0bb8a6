/**
 * Compiles the benchmarks together with the sources they measure to a folder of their own, so that a build of dist/ in
 * the meantime disturbs nothing, and runs them there: `npm run bench -- couch2pg`.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const compiled = join(root, '.cht-sync/bench');

const compiler = join(root, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [compiler, '-p', join(root, 'bench')], {
  // Standard output is for the table of results.
  stdio: ['ignore', 2, 2],
});
if (status !== 0) process.exit(1);
cpSync(join(root, 'src'), join(compiled, 'src'), {
  recursive: true,
  filter: (file) => statSync(file).isDirectory() || file.endsWith('.sql'),
});
// The command reads its version there.
copyFileSync(join(root, 'package.json'), join(compiled, 'package.json'));

await import(join(compiled, 'bench/main.js'));
