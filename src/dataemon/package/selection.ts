import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstalledPackage, Selection } from '../engine/engine.js';
import { baseModelsOf, withBundledName } from './stand-in.js';

/**
 * What a selector means for the packages that are installed: the one a package has under this name, else an expression.
 * dbt reads only the project's own selectors.yml, so the package's is put there. Where v2's package is named, and is not
 * there, the one that CHT Sync brings is meant.
 */
export async function selectionFor(
  selector: string | undefined,
  project: string,
  packages: readonly InstalledPackage[],
): Promise<Selection> {
  if (selector === undefined) return { select: [] };
  const named = baseModelsOf(packages) === 'bundled' ? withBundledName : (text: string) => text;
  const owner = packages.find(({ selectors }) => selectors.includes(selector));
  if (owner === undefined) return { select: [named(selector)] };
  const selectors = await readFile(join(owner.folder, 'selectors.yml'), 'utf8');
  await writeFile(join(project, 'selectors.yml'), named(selectors));
  return { selector };
}
