import { readFileSync } from 'node:fs';
import { format } from 'prettier';
import { expect, test } from 'vitest';
import { configurationReference, exampleEnvironment } from './reference.js';

const stored = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

test('docs/configuration.md and .env.example are what `npm run docs` makes', async () => {
  const style = JSON.parse(stored('.prettierrc.json')) as Record<string, never>;
  const made = await format(configurationReference(), { ...style, parser: 'markdown' });
  expect(stored('docs/configuration.md')).toBe(made);
  expect(stored('.env.example')).toBe(exampleEnvironment());
});
