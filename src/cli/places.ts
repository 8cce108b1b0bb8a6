import { fileURLToPath } from 'node:url';

const inProject = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** What commands need of the project's folder. */
export const projectPlaces = {
  /** The interpreter of the private Python environment. */
  python: inProject('.python/bin/python'),
  /** The dbt project that is run, and its worker. */
  dbtProject: inProject('dbt'),
  /** The dbt package that CHT Sync brings. */
  bundledPackage: inProject('pipeline'),
  /** The dashboards that CHT Sync brings. */
  dashboards: inProject('dashboards'),
  /** The interpreter that Superset is installed for, and our program around it. */
  supersetPython: inProject('.superset/bin/python'),
  supersetProgram: inProject('superset'),
  /** What installs both. */
  setup: inProject('scripts/setup.mjs'),
} as const;
