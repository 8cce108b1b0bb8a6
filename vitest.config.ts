import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';

/** They use one Superset, so that they run one after the other. */
const onSuperset = ['dashboards', 'install', 'server'].map((name) => `test/dashboards/${name}.test.ts`);

/**
 * `unit` needs nothing, `database` a PostgreSQL, `end-to-end` the built command, a PostgreSQL and dbt, `superset` the built
 * command, a PostgreSQL and a Superset. The tests of a project share the servers that its global set-up starts.
 */
export default defineConfig({
  test: {
    // Two files at once keep two cores busy; by default, Vitest leaves one to itself. In the end-to-end tests, most of what is
    // waited for is dbt, PostgreSQL and processes of their own.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts'],
          exclude: ['src/**/*.pg.test.ts'],
          // Nothing has state at module level, so files may share a process: to start one takes as long as its tests.
          isolate: false,
        },
      },
      {
        test: {
          name: 'database',
          include: ['src/**/*.pg.test.ts'],
          isolate: false,
          globalSetup: ['test/support/global-postgres.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'end-to-end',
          include: ['test/**/*.test.ts'],
          exclude: onSuperset,
          globalSetup: ['test/support/global-postgres.ts', 'test/support/global-python.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // A virtual machine of CI that was paused in between finds all its limits passed; such a test is shown as retried.
          retry: process.env.CI === undefined ? 0 : 1,
        },
      },
      {
        test: {
          name: 'superset',
          include: onSuperset,
          globalSetup: [
            'test/support/global-postgres.ts',
            'test/support/global-python.ts',
            'test/support/global-superset.ts',
          ],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          retry: process.env.CI === undefined ? 0 : 1,
        },
      },
    ],
  },
});
