import { SyncError } from '../../lib/index.js';
import type { Selection } from '../engine/engine.js';
import { describeSource, optionOf, withoutCredentials, type PackageSource } from './source.js';

/** To a package that asks for medic/cht-pipeline. */
export const askForBundled =
  'In packages.yml, `- local: cht_pipeline` instead of medic/cht-pipeline asks for the models that CHT Sync brings.';

/** A package that cannot be used, and why. */
export function brokenPackage(source: PackageSource, words: string, cause: unknown): SyncError {
  const what = describeSource(source);
  return new SyncError('PACKAGE_BROKEN', `The dbt package (${what}) cannot be used: ${withoutCredentials(words)}`, {
    remedy: `Check ${optionOf(source)} and the files that the message names; it is tried again.${
      words.includes('cht-pipeline') ? ` ${askForBundled}` : ''
    }`,
    passing: true,
    cause,
  });
}

/** A package of which no model is selected. */
export function emptySelection(source: PackageSource, selector: string | undefined, selection: Selection): SyncError {
  const what = describeSource(source);
  if (selector === undefined) {
    return new SyncError('PACKAGE_BROKEN', `The dbt package (${what}) has no models.`, {
      remedy: `Check ${optionOf(source)}.`,
    });
  }
  const kind = 'selector' in selection ? 'selector' : 'selection';
  return new SyncError('PACKAGE_BROKEN', `The ${kind} "${selector}" names no model of the dbt package (${what}).`, {
    remedy: 'Correct DBT_SELECTOR: a name in the selectors.yml of the package, or an expression for `dbt --select`.',
  });
}
