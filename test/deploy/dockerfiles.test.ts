import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { needed, orSkip } from '../support/needed.js';
import { stagesOf, type Stage } from './docker/dockerfile.js';
import { hadolint } from './docker/hadolint.js';
import { run } from './tools/run.js';

const docker = fileURLToPath(new URL('../../deploy/docker/', import.meta.url));
const files = ['Dockerfile', 'bastion/Dockerfile', 'superset/Dockerfile'];
const root = join(docker, '../..');

const read = async (file: string) => stagesOf(await readFile(join(docker, file), 'utf8'));
const stepsOf = (stages: readonly Stage[], keyword: string) =>
  stages.flatMap(({ steps }) => steps.filter((step) => step.keyword === keyword));

/** The stages that are images, with the steps of the stages they begin with. */
function images(stages: readonly Stage[]): readonly Stage[] {
  const whole = ({ base, ...stage }: Stage): Stage => {
    const from = stages.find(({ name }) => name === base);
    return from === undefined
      ? { base, ...stage }
      : { ...whole(from), name: stage.name, steps: [...whole(from).steps, ...stage.steps] };
  };
  return stages.filter(({ steps }) => steps.some(({ keyword }) => keyword === 'ENTRYPOINT')).map(whole);
}

describe.each(files)('deploy/docker/%s', (file) => {
  test('is one that hadolint has nothing to say about', async ({ skip }) => {
    const command = orSkip(await needed('hadolint (from PyPI)', hadolint), skip);
    const { exitCode, stdout, stderr } = await run(command, ['--no-color', join(docker, file)]);
    expect(stdout + stderr).toBe('');
    expect(exitCode).toBe(0);
  });

  test('begins with images of one version, which a build argument can pin by digest', async () => {
    const text = await readFile(join(docker, file), 'utf8');
    const stages = await read(file);
    for (const { base } of stages) {
      if (stages.some(({ name }) => name === base)) continue;
      expect(base).toMatch(/^[\w/]+:\d+\.\d+[\w.-]*$/);
      expect(text).toMatch(new RegExp(`^ARG \\w+_IMAGE=${base}$`, 'm'));
    }
  });

  test('makes images that run as a user without privileges, tell their health, and say what they are', async () => {
    const made = images(await read(file));
    expect(made.length).toBeGreaterThan(0);
    for (const image of made) {
      const last = (keyword: string) => stepsOf([image], keyword).at(-1);
      expect(last('USER')?.text).toMatch(/^(?:10001:10001|superset)$/);
      expect(last('HEALTHCHECK')?.words[0]).toMatch(/^(?:node|bash|python)$/);
      expect(last('STOPSIGNAL')?.text).toBe('SIGTERM');
      const { properties: labels } = last('LABEL')!;
      expect(labels['org.opencontainers.image.title']).toMatch(/^cht-sync-/);
      expect(labels['org.opencontainers.image.licenses']).toMatch(/^(?:AGPL-3\.0-or-later|Apache-2\.0)$/);
    }
  });

  test('takes no secret as an argument, puts none into a layer, and copies nothing it does not name', async () => {
    const stages = await read(file);
    const text = (await readFile(join(docker, file), 'utf8')).replaceAll(/^\s*#.*$/gm, '');
    expect(text).not.toMatch(/^ARG (?!\w+_IMAGE=)/m);
    const variables = stepsOf(stages, 'ENV').flatMap(({ properties }) => Object.keys(properties));
    expect(variables.filter((name) => /PASSWORD|SECRET|TOKEN|KEY/.test(name))).toEqual([]);
    expect(stepsOf(stages, 'ADD')).toEqual([]);
    for (const { words } of stepsOf(stages, 'COPY')) expect(words.slice(0, -1)).not.toContain('.');
  });
});

test('each image of CHT Sync runs its half of it by default', async () => {
  const commands = images(await read('Dockerfile')).map(({ name, steps }) => [
    name,
    steps.filter(({ keyword }) => keyword === 'ENTRYPOINT').at(-1)?.words,
    steps.filter(({ keyword }) => keyword === 'CMD').at(-1)?.words,
  ]);
  const entrypoint = ['tini', '--', 'node', '/opt/cht-sync/bin/cht-sync.js'];
  expect(commands).toEqual([
    ['couch2pg', entrypoint, ['couch2pg']],
    ['dataemon', entrypoint, ['dataemon']],
  ]);
});

test("the packages of Superset's image are those that were tried with it", async () => {
  const list = await readFile(join(root, 'superset/requirements.lock'), 'utf8');
  const text = await readFile(join(docker, 'superset/Dockerfile'), 'utf8');
  const pinned = [...text.matchAll(/\b(psycopg2-binary|cachetools)==([\d.]+)/g)].map(([whole]) => whole);
  expect(pinned).toHaveLength(2);
  for (const one of [...pinned, `apache-superset==${/superset:([\d.]+)/.exec(text)?.[1]}`])
    expect(list).toContain(`${one} \\`);
});
