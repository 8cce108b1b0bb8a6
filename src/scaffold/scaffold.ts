import { PackageFolder } from './folder.js';
import { planPackage, type Plan } from './plan.js';
import { takeSurvey, type SurveyOptions } from './survey/take.js';

/** What a package is scaffolded from and where to. */
export interface ScaffoldOptions extends SurveyOptions {
  /** The folder of the package. */
  readonly into: string;
  /** What the package is called; as before, or as its folder, when missing. */
  readonly name?: string | undefined;
  /** Whether nothing is written. */
  readonly dryRun: boolean;
}

/** What was done to a package, or, of a dry run, would be. */
export interface Scaffolded {
  readonly plan: Plan;
  /** Whether there was no package in the folder before. */
  readonly isNew: boolean;
  readonly folder: PackageFolder;
}

/**
 * Writes a dbt package for the synced documents into a folder, or brings the one that is there up to date.
 *
 * @throws SyncError SCAFFOLD_NO_DATA, SCAFFOLD_FOLDER_REFUSED, POSTGRES_*; nothing is written then.
 */
export async function scaffold(options: ScaffoldOptions): Promise<Scaffolded> {
  const folder = PackageFolder.open(options.into, options.name);
  const plan = planPackage(await takeSurvey(options), folder.lock, (path) => folder.read(path));
  if (!options.dryRun) folder.write(plan);
  return { plan, isNew: folder.isNew, folder };
}
