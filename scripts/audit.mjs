import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmAdvisories } from './audit/npm.mjs';
import { advisoriesFor, pythonPackages } from './audit/osv.mjs';
import { root } from './setup/places.mjs';

/**
 * `npm run audit`: asks npm's registry and OSV for known vulnerabilities of what is installed in production. Exit code 1 when one is high or
 * critical, 2 when an answer makes no sense. Where neither can be asked, as in a network without them, it says so; that is no failure.
 */

const lockFiles = ['dbt/requirements.lock', 'superset/requirements.lock'].map((name) => join(root, name));
const audits = [
  {
    of: 'npm packages (package-lock.json)',
    ask: () => npmAdvisories(spawnSync('npm', ['audit', '--omit=dev', '--json'], { cwd: root, encoding: 'utf8' })),
  },
  {
    of: 'Python packages (requirements.lock)',
    ask: () => {
      const packages = lockFiles.filter(existsSync).flatMap((file) => pythonPackages(readFileSync(file, 'utf8')));
      return advisoriesFor(packages, process.env.OSV_URL ?? 'https://api.osv.dev');
    },
  },
];
const severe = new Set(['high', 'critical']);

for (const { of, ask } of audits) {
  const { advisories, unreachable } = await ask();
  if (unreachable !== undefined) {
    console.log(`${of}: NOT CHECKED, the service is not reachable from here (${unreachable}).`);
    continue;
  }
  const found = advisories.filter(({ severity }) => severe.has(severity));
  console.log(`${of}: ${found.length} high or critical, ${advisories.length - found.length} lesser.`);
  for (const { name, severity, title } of advisories) console.log(`  ${severity}: ${name}: ${title}`);
  if (found.length > 0) process.exitCode = 1;
}
