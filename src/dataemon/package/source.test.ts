import { mkdtemp, rm, utimes, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderFingerprint } from './folder-fingerprint.js';
import { packagesFile } from './project-folder.js';
import { describeSource, gitCredentials, gitLocation, sourceKey, withoutCredentials } from './source.js';

test('the revision of a repository stands after the last #', () => {
  expect(gitLocation('https://h/r.git#v1.2')).toEqual({ repository: 'https://h/r.git', revision: 'v1.2' });
  expect(gitLocation('https://h/r.git')).toEqual({ repository: 'https://h/r.git', revision: undefined });
  expect(gitLocation('git@h:r.git#')).toEqual({ repository: 'git@h:r.git', revision: undefined });
});

test('git learns the credentials of an address by its environment, and nothing else has them', () => {
  const source = { kind: 'git', url: 'https://me:t%40ken@h:8443/r.git#main' } as const;
  expect(gitLocation(source.url).repository).toBe('https://h:8443/r.git');
  expect(packagesFile(source) + sourceKey(source)).not.toMatch(/t%40ken|t@ken/);
  expect(gitCredentials(source, { GIT_CONFIG_COUNT: '2' })).toEqual({
    GIT_CONFIG_COUNT: '3',
    GIT_CONFIG_KEY_2: 'http.https://h:8443/.extraHeader',
    GIT_CONFIG_VALUE_2: `Authorization: Basic ${Buffer.from('me:t@ken').toString('base64')}`,
  });
  expect(gitCredentials({ kind: 'git', url: 'git@h:r.git' }, {})).toEqual({});
});

test('packages.yml asks for what the source says', () => {
  const entry = (source: Parameters<typeof packagesFile>[0]) =>
    (JSON.parse(packagesFile(source)) as { packages: unknown[] }).packages[0];
  expect(entry({ kind: 'git', url: 'https://h/r.git#main' })).toEqual({
    git: 'https://h/r.git',
    revision: 'main',
    'warn-unpinned': false,
  });
  expect(entry({ kind: 'tarball', url: 'https://h/p.tgz' })).toEqual({ tarball: 'https://h/p.tgz', name: 'package' });
  expect(entry({ kind: 'local', path: '/p' })).toEqual({ local: 'package' });
  expect(entry({ kind: 'bundled', path: '/p' })).toEqual({ local: 'cht_pipeline' });
});

test('credentials in an address are not shown', () => {
  expect(describeSource({ kind: 'git', url: 'https://me:token@h/r.git#x' })).toBe('git https://h/r.git#x');
  expect(withoutCredentials('fatal: https://t0ken@h/r not found')).toBe('fatal: https://h/r not found');
});

test('the fingerprint of a folder changes with any edit of what is written, not of what is made', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cht-sync-fingerprint-'));
  try {
    await mkdir(join(folder, 'models'));
    await writeFile(join(folder, 'models/a.sql'), 'select 1');
    const first = await folderFingerprint(folder);
    await mkdir(join(folder, 'target'));
    await writeFile(join(folder, 'target/manifest.json'), '{}');
    expect(await folderFingerprint(folder)).toBe(first);
    await utimes(join(folder, 'models/a.sql'), 1, 1);
    const second = await folderFingerprint(folder);
    expect(second).not.toBe(first);
    await writeFile(join(folder, 'models/b.sql'), '');
    expect(await folderFingerprint(folder)).not.toBe(second);
  } finally {
    await rm(folder, { recursive: true });
  }
});
