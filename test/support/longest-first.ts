import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take longest, those of more than a minute of CPU. They are started first: one that began among the last would
 * have a core to itself and leave the other without work.
 */
const longest = [
  'test/models/equivalence.test.ts',
  'test/models/increments.test.ts',
  'test/dataemon/rebuild.test.ts',
  'test/faults/kills.test.ts',
  'test/dataemon/plans.test.ts',
  'test/deploy/images.test.ts',
  'test/dataemon/dataemon.test.ts',
  'test/packages/third-party.test.ts',
  'test/end-to-end/embedded.test.ts',
  'test/dataemon/kills.test.ts',
  'test/security/full-run.test.ts',
  'test/faults/couchdb.test.ts',
  'test/dataemon/package.test.ts',
  'test/docs/commands.test.ts',
  'test/upgrade/from-v2.test.ts',
  'test/dataemon/faults.test.ts',
];

const order = ['unit', 'database', 'end-to-end', 'superset'];

/** What is quickly known comes first: the unit tests, then those of databases. Of the rest, the longest files. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const root = this.ctx.config.root;
    const rank = ({ moduleId }: TestSpecification) => {
      const index = longest.indexOf(relative(root, moduleId));
      return index === -1 ? longest.length : index;
    };
    const project = ({ project: { name } }: TestSpecification) => order.indexOf(name);
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => project(a) - project(b) || rank(a) - rank(b));
  }
}
