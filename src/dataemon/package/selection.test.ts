import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { InstalledPackage } from '../engine/engine.js';
import { selectionFor } from './selection.js';
import { baseModelsOf } from './stand-in.js';

function installed(...names: readonly string[]): InstalledPackage[] {
  return names.map((name) => ({ folder: `/project/dbt_packages/${name}`, selectors: [] }));
}

test('the base models are those of v2 where its package is installed, a fork of the same name too', () => {
  expect(baseModelsOf(installed('cht_pipeline', 'deployment'))).toBe('bundled');
  expect(baseModelsOf(installed('cht_pipeline_base', 'deployment'))).toBe('of-v2');
  expect(baseModelsOf(installed('cht_pipeline', 'cht_pipeline_base'))).toBe('of-v2');
  expect(baseModelsOf(installed('deployment'))).toBe('none');
});

test("an expression that names v2's package means the bundled one where that gives the base models", async () => {
  const select = (expression: string, ...names: string[]) => selectionFor(expression, '/project', installed(...names));
  expect(await select('package:cht_pipeline_base tag:x', 'cht_pipeline')).toEqual({
    select: ['package:cht_pipeline tag:x'],
  });
  expect(await select('package:cht_pipeline_base', 'cht_pipeline_base')).toEqual({
    select: ['package:cht_pipeline_base'],
  });
  expect(await select('package:my_cht_pipeline_base_2', 'cht_pipeline')).toEqual({
    select: ['package:my_cht_pipeline_base_2'],
  });
});

test("so does a selector of the package's own", async () => {
  const project = await mkdtemp(join(tmpdir(), 'cht-sync-selection-'));
  try {
    const folder = join(project, 'dbt_packages/deployment');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'selectors.yml'), 'value: cht_pipeline_base\n');
    const packages = [...installed('cht_pipeline'), { folder, selectors: ['base'] }];
    expect(await selectionFor('base', project, packages)).toEqual({ selector: 'base' });
    expect(await readFile(join(project, 'selectors.yml'), 'utf8')).toBe('value: cht_pipeline\n');
  } finally {
    await rm(project, { recursive: true });
  }
});
