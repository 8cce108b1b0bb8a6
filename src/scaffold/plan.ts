import { linesOf } from './files/lines.js';
import { reconcile, type FileOutcome } from './files/reconcile.js';
import type { Lock } from './lock-file.js';
import { modelsOf, type Models } from './models.js';
import { own } from './own.js';
import { packageFiles } from './render/project.js';
import type { Survey } from './survey/survey.js';

/** A file of the package, and what becomes of it. */
export interface PlannedFile {
  readonly path: string;
  readonly outcome: FileOutcome;
  /** What is in the folder now. */
  readonly present: readonly string[] | undefined;
}

/** What a run of the command does to a package. */
export interface Plan {
  readonly models: Models;
  readonly files: readonly PlannedFile[];
  readonly lock: Lock;
}

/**
 * Plans a package from what was surveyed, what was generated last, and what is in its folder.
 *
 * @param present - reads a file of the package; undefined when there is none.
 */
export function planPackage(survey: Survey, lock: Lock, present: (path: string) => string | undefined): Plan {
  const models = modelsOf(survey, lock);
  const generated = packageFiles(lock.package, models);
  const files = [...generated].map(([path, text]): PlannedFile => {
    const found = present(path);
    const lines = found === undefined ? undefined : linesOf(found);
    const versions = { generated: linesOf(text), last: own(lock.files, path), present: lines };
    return { path, outcome: reconcile(path, versions), present: lines };
  });
  return {
    models,
    files,
    lock: {
      ...lock,
      ...models.known,
      // Of what is gone, the last version stays known.
      files: { ...lock.files, ...Object.fromEntries([...generated].map(([path, text]) => [path, linesOf(text)])) },
    },
  };
}
