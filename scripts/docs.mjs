/**
 * Makes the pages that come from the code: docs/configuration.md, docs/errors.md, docs/metrics.md, .env.example, the tables
 * of the README (options) and of the Helm chart's (values), and the chart's copy of the alert rules. With `--check` it
 * writes nothing and fails when one of them is stale. Needs dist/.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { errorsReference } from './errors-reference.mjs';
import { helmValues } from './helm-values.mjs';
import { inRoot } from './setup/places.mjs';

const { configurationReference, configurationTable, exampleEnvironment } = await import('../dist/config/index.js');
const { metricsReference } = await import('../dist/monitoring/index.js');

const between = (name, make) => (before) =>
  before.replace(
    new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`),
    (_, start, end) => `${start}\n${make()}\n\n${end}`,
  );

const pages = [
  { file: 'docs/configuration.md', make: configurationReference },
  { file: 'docs/errors.md', make: errorsReference },
  { file: 'docs/metrics.md', make: metricsReference },
  { file: '.env.example', make: exampleEnvironment },
  { file: 'README.md', make: between('configuration', configurationTable) },
  { file: 'deploy/helm/cht-sync/README.md', make: between('values', helmValues) },
  // A chart can hold only what is in its folder.
  {
    file: 'deploy/helm/cht-sync/files/alerts.yml',
    make: () => readFileSync(inRoot('deploy/monitoring/alerts.yml'), 'utf8'),
  },
];

const stale = [];
for (const { file, make } of pages) {
  const path = inRoot(file);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const made = make(before);
  const text = file.endsWith('.md') ? await format(made, { ...(await resolveConfig(path)), filepath: path }) : made;
  if (text === before) continue;
  stale.push(file);
  if (!process.argv.includes('--check') && text !== '') writeFileSync(path, text);
}

if (stale.length > 0 && process.argv.includes('--check')) {
  console.error(`Stale: ${stale.join(', ')}. Run \`npm run docs\`.`);
  process.exitCode = 1;
}
