import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstalledPackage, Selection } from '../engine/engine.js';

/**
 * What a selector means for the packages that are installed: the one a package has under this name, else an expression.
 * dbt reads only the project's own selectors.yml, so the package's is put there.
 */
export async function selectionFor(
  selector: string | undefined,
  project: string,
  packages: readonly InstalledPackage[],
): Promise<Selection> {
  if (selector === undefined) return { select: [] };
  const owner = packages.find(({ selectors }) => selectors.includes(selector));
  if (owner === undefined) return { select: [selector] };
  await copyFile(join(owner.folder, 'selectors.yml'), join(project, 'selectors.yml'));
  return { selector };
}
