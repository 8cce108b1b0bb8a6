import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { expect, test } from 'vitest';
import { loadConfig, quoteHashes } from './load.js';

test('.env of the folder is read, and paths start from that folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cht-sync-config-'));
  writeFileSync(join(folder, 'password'), 'from file\n');
  writeFileSync(
    join(folder, '.env'),
    '\uFEFFCOUCHDB_HOST=couch # the host\r\nCOUCHDB_USER=me\r\nexport COUCHDB_PASSWORD_FILE="password"\r\n',
  );
  const reading = loadConfig({ folder, env: { COUCHDB_HOST: 'elsewhere' }, flags: {} });
  expect(reading.config()).toMatchObject({
    couchdbHost: 'elsewhere',
    couchdbUser: 'me',
    couchdbPassword: 'from file',
  });
});

test('a folder without .env is fine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cht-sync-config-'));
  expect(loadConfig({ folder, env: {}, flags: {} }).problems).toEqual([]);
});

test('a # inside a value belongs to it, one after a space begins a comment', () => {
  const text = [
    'CHT_PIPELINE_BRANCH_URL=https://example.org/p.git#main',
    'A=pass#word # comment',
    'B="quoted#1" # comment',
    "C=it's#1",
    'D=plain # comment',
    '#E=1',
    'F=#comment',
  ].join('\n');
  expect(parse(quoteHashes(text))).toEqual({
    CHT_PIPELINE_BRANCH_URL: 'https://example.org/p.git#main',
    A: 'pass#word',
    B: 'quoted#1',
    C: "it's#1",
    D: 'plain',
    F: '',
  });
});
