import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { exampleEdit } from './example-edit.js';
import { sampleData } from './sample-data.js';

// Thousands of documents on a machine that does other things too.
vi.setConfig({ testTimeout: 30_000 });

test('the example is a person of the sample with one revision, who gets another telephone number', () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 3000 }), fc.integer({ min: 0, max: 1e6 }), (documents, seed) => {
      const options = { documents, seed, now: new Date('2026-03-04T10:00:00Z') };
      const example = exampleEdit(options);
      const revisions = [...sampleData(options)]
        .filter(({ database }) => database === example.database)
        .flatMap((batch) => batch.documents.filter(({ _id }) => _id === example.id));
      expect(revisions).toHaveLength(1);
      expect(revisions[0]).toMatchObject({ type: 'person', _rev: example.rev, phone: example.before });
      expect(example.edited).toEqual({ ...revisions[0], phone: example.after });
      expect(example.after).not.toBe(example.before);
    }),
    { numRuns: 10 },
  );
});
