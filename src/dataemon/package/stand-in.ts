import { basename } from 'node:path';
import type { InstalledPackage } from '../engine/engine.js';

/** The name of the package that CHT Sync brings, and of its copy in each project: packages ask for `local: cht_pipeline`. */
export const bundledName = 'cht_pipeline';

/** The name that the package of medic/cht-pipeline v2 has. */
export const standIn = 'cht_pipeline_base';

/** Which package gives the base models. */
export type BaseModels =
  /** The one that CHT Sync brings; packages that were written for v2's find it under that name, too. */
  | 'bundled'
  /** The one of v2, or a fork of it. */
  | 'of-v2'
  /** None, or what else the package brings. */
  | 'none';

/** Which of the packages that are installed gives the base models. */
export function baseModelsOf(packages: readonly InstalledPackage[]): BaseModels {
  const names = packages.map(({ folder }) => basename(folder));
  if (names.includes(standIn)) return 'of-v2';
  return names.includes(bundledName) ? 'bundled' : 'none';
}

/** Selectors and expressions that name the package of v2, as they are with the package that CHT Sync brings. */
export function withBundledName(text: string): string {
  return text.replaceAll(new RegExp(`\\b${standIn}\\b`, 'g'), bundledName);
}
