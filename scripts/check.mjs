/**
 * `npm run check`: what is looked at without running it, as two lanes for two cores. The linter takes as long as all the others.
 * A lane goes on after what fails, so that everything that is wrong is told at once.
 */
import { spawn } from 'node:child_process';
import { root } from './setup/places.mjs';

const lanes = [['lint'], ['format:check', 'types', 'docs:check']];

const passes = (name) =>
  new Promise((resolve) => {
    const child = spawn('npm', ['run', name], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });

const failed = [];
await Promise.all(
  lanes.map(async (lane) => {
    for (const name of lane) if (!(await passes(name))) failed.push(name);
  }),
);
if (failed.length > 0) {
  console.error(`Failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
