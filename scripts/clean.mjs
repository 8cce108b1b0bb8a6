/**
 * Removes what is made from the sources and what `npm start` keeps in the default folder; with `--all` what the set-up
 * and tests have installed too.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { inRoot } from './setup/places.mjs';

const made = ['dist', '.cht-sync', 'pipeline/target', 'pipeline/dbt_packages', 'dbt/target', 'dbt/dbt_packages'];
const installed = ['.python', '.superset', '.tools', 'node_modules'];

/** Files that a running program keeps, and the process id in them. */
const owners = [
  { what: 'CHT Sync', file: inRoot('.cht-sync', 'running.json'), pid: (text) => JSON.parse(text).pid },
  {
    what: 'The embedded PostgreSQL',
    file: inRoot('.cht-sync', 'postgres', 'data', 'postmaster.pid'),
    pid: (text) => Number(text.split('\n', 1)[0]),
  },
];

function isRunning({ file, pid }) {
  try {
    return existsSync(file) && process.kill(pid(readFileSync(file, 'utf8')), 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

const running = owners.find(isRunning);
if (running === undefined) {
  for (const name of process.argv.includes('--all') ? [...made, ...installed] : made) {
    rmSync(inRoot(name), { recursive: true, force: true });
  }
} else {
  console.error(`${running.what} runs on .cht-sync. Stop it first; one that was left behind, by a start and a Ctrl-C.`);
  process.exitCode = 1;
}
