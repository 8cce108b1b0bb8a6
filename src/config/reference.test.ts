import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { format } from 'prettier';
import { expect, test } from 'vitest';
import { readConfig } from './read.js';
import { configurationReference, exampleEnvironment, exampleFile } from './reference.js';

const stored = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

test('docs/configuration.md and .env.example are what `npm run docs` makes', async () => {
  const style = JSON.parse(stored('.prettierrc.json')) as Record<string, never>;
  const made = await format(configurationReference(), { ...style, parser: 'markdown' });
  expect(stored('docs/configuration.md')).toBe(made);
  expect(stored('.env.example')).toBe(exampleEnvironment());
});

test('the example of a configuration file is one', () => {
  const reading = readConfig({
    ...{ flags: {}, dotenv: {}, env: { CONFIG_FILE: 'c.yaml', WEST_PASSWORD: 'w', POSTGRES_SECRET: 'p' } },
    readFile: (path) =>
      path === 'c.yaml' ? exampleFile : path === 'postgres-ca.pem' ? (rootCertificates[0] ?? '') : 'secret',
  });
  expect(reading.problems).toEqual([]);
  expect(reading.warnings).toEqual([]);
  expect(reading.config().couchdbServers).toHaveLength(2);
});
