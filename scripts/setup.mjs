/**
 * Sets up what `npm start` and `npm test` need and what is missing: the Node packages, dbt in a private Python
 * environment, and the compiled program. Plain Node without dependencies, because it runs before there are any.
 */
import { readFileSync } from 'node:fs';
import { compiled } from './setup/compiled.mjs';
import { takeLock } from './setup/lock.mjs';
import { nodePackages } from './setup/node-packages.mjs';
import { inRoot } from './setup/places.mjs';
import { pythonEnvironment } from './setup/python-environment.mjs';
import { stopAll } from './setup/run.mjs';
import { remedyFor, SetupError } from './setup/setup-error.mjs';
import { supersetEnvironment } from './setup/superset-environment.mjs';

const help = `Usage: npm run setup [-- --superset]

Sets up what CHT Sync needs in its own folder: Node packages (node_modules), dbt in a private Python environment
(.python) and the compiled program (dist). Does nothing when nothing is missing. npm start and npm test run it first.
With --superset also Apache Superset (.superset, 800 MB), as npm run test:superset does; with --only-superset that alone,
as npm start -- --superset does.

Needs Node 20 and Python 3.10 or newer (Superset: 3.10 to 3.12), and a network the first time.
PYTHON=/path/to/python3.12 names the Python to use.
`;

/** Standard output belongs to the command that comes after. */
const say = (text) => process.stderr.write(`${text}\n`);

/** package.json says which Node is needed: ">=20.12.0". */
function checkNode() {
  const { engines } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  const least = engines.node.replace('>=', '');
  if (process.versions.node.localeCompare(least, 'en', { numeric: true }) >= 0) return;
  throw new SetupError(
    `Node ${least} or newer is needed; this is ${process.versions.node}.`,
    'Install it from https://nodejs.org, or with a version manager.',
  );
}

async function step({ title, run }) {
  const began = Date.now();
  say(`  ${title} ...`);
  await run();
  say(`  ${title}: done in ${((Date.now() - began) / 1000).toFixed(0)} s`);
}

const [withSuperset, onlySuperset] = ['--superset', '--only-superset'].map((flag) => process.argv.includes(flag));
const usual = onlySuperset ? [] : [nodePackages, compiled, pythonEnvironment];
const everything = [...usual, ...(withSuperset || onlySuperset ? [supersetEnvironment] : [])];

async function setUp() {
  checkNode();
  const missing = () => everything.filter((part) => !part.isDone());
  if (missing().length === 0) return;
  for (const part of missing()) part.check?.();

  const release = await takeLock(() => say('Another set-up runs in this folder; waiting for it ...'));
  try {
    const parts = missing();
    const only = parts.length === 1 && parts[0] === compiled;
    if (parts.length > 0)
      say(only ? 'Building what has changed:' : 'Setting up what is missing (about a minute the first time):');
    // Node packages are needed to compile; dbt and Superset are independent of both, and of each other.
    const oneByOne = async (...steps) => {
      for (const part of steps) if (parts.includes(part)) await step(part);
    };
    await Promise.all([oneByOne(nodePackages, compiled), oneByOne(pythonEnvironment, supersetEnvironment)]);
  } finally {
    release();
  }
}

function report(error) {
  say(`\nThe set-up could not be finished. ${error.message}`);
  const remedy = error instanceof SetupError ? error.remedy : remedyFor(error.message, undefined);
  if (remedy !== undefined) say(`What to do: ${remedy}`);
  if (!(error instanceof SetupError) && remedy === undefined) say(error.stack);
}

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  process.stdout.write(help);
} else {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      stopAll();
      say('\nThe set-up was stopped; the next one begins where it has to.');
      process.exitCode = 130;
    });
  }
  try {
    await setUp();
  } catch (error) {
    stopAll();
    if (process.exitCode !== 130) {
      report(error);
      process.exitCode = 1;
    }
  }
}
