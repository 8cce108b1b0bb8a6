import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { guideFor, quote, type Surroundings } from './guide.js';

const sample = {
  url: 'http://127.0.0.1:59840',
  curlFile: '/data/my folder/curl.conf',
  filled: { documents: 200, seed: 1, now: new Date('2026-01-01T00:00:00Z'), alreadyComplete: false },
};
const surroundings: Surroundings = {
  connection: { host: '127.0.0.1', port: 54320, user: 'postgres', password: 'hunter22', database: 'cht_sync' },
  schema: 'v1',
  passwordFile: '/data/pgpass',
  sample,
  metricsUrl: undefined,
  logFile: undefined,
};

test('the lines hold no password', () => {
  expect(JSON.stringify(guideFor(surroundings))).not.toContain('hunter22');
});

test('the edit reads, changes and writes back one document of the sample', () => {
  const { edit, query } = guideFor(surroundings);
  expect(edit?.join(' ')).toMatch(
    /^curl -K '\/data\/my folder\/curl.conf' (http:\S+) \| sed ".*" \| curl -K '\/data\/my folder\/curl.conf' -X PUT -d @- \1$/,
  );
  expect(query?.join(' ')).toMatch(/^SELECT phone, saved_timestamp FROM v1\.person WHERE uuid = '[\w-]+';$/);
});

test('its sed changes the telephone number and nothing else', () => {
  const sed = guideFor(surroundings).edit?.find((word) => word.startsWith('sed')) ?? '';
  const document = '{"_id":"x","phone":"+254700000000","name":"\\"A\\"","_rev":"1-a"}\n';
  const edited = execFileSync('sh', ['-c', sed], { input: document, encoding: 'utf8' });
  expect(edited).toMatch(/^\{"_id":"x","phone":"\+2547\d{6}","name":"\\"A\\"","_rev":"1-a"\}\n$/);
});

test('a source or PostgreSQL of the user has no edit and no password file', () => {
  const guide = guideFor({ ...surroundings, sample: undefined, passwordFile: undefined });
  expect(guide.edit).toBeUndefined();
  expect(guide.psql[0]).toBe('psql');
});

test('words are quoted for a shell when they need it', () => {
  expect(quote('/plain/path')).toBe('/plain/path');
  expect(quote("it's $HOME")).toBe(`'it'\\''s $HOME'`);
});
