import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Block } from './blocks.js';
import { marksOf } from './marks.js';

/** Makes a dbt package of all models that the pages show; gives their names. */
export async function makeDocumentedPackage(folder: string, blocks: readonly Block[]): Promise<string[]> {
  await mkdir(join(folder, 'models'), { recursive: true });
  await writeFile(join(folder, 'packages.yml'), 'packages:\n  - local: cht_pipeline\n');
  const project = `name: documented\nversion: '1.0.0'\nconfig-version: 2\nprofile: default\nmodel-paths: [models]\n`;
  await writeFile(join(folder, 'dbt_project.yml'), project);
  const models = blocks.flatMap((block) => {
    const { model } = marksOf(block);
    return model === undefined ? [] : [{ model, text: block.text }];
  });
  for (const { model, text } of models) await writeFile(join(folder, 'models', `${model}.sql`), `${text}\n`);
  return models.map(({ model }) => model);
}
