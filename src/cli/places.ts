import { fileURLToPath } from 'node:url';

const inProject = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** What the dataemon needs of the project's folder. */
export const projectPlaces = {
  /** The interpreter of the private Python environment. */
  python: inProject('.python/bin/python'),
  /** The dbt project that is run, and its worker. */
  dbtProject: inProject('dbt'),
  /** The dbt package that CHT Sync brings. */
  bundledPackage: inProject('pipeline'),
} as const;
