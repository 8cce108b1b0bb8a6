import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startDbt, type Dbt } from '../support/dbt.js';
import { allForeignKeys, createDocuments, differences, foreignKeys, models, type Body } from './models.js';

/** What happens to a database: documents are written, or dbt runs with these arguments. */
type Step = { readonly write: Readonly<Record<string, Body>> } | { readonly run: readonly string[] };

const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const configurable = ['chw', 'hut', 'clinic', 'person'];

const malformed = fc.jsonValue({ maxDepth: 2 });
const reportedDate = fc.oneof(
  fc.integer({ min: 1_600_000_000_000, max: 1_800_000_000_000 }),
  fc.constantFrom('', '1700000000123', 'yesterday', 1.5e300, -1, 17e14, 1_700_000_000_000.25, null, true),
  malformed,
);
const lineage = fc.oneof(
  fc.record({ _id: fc.constantFrom(...ids), parent: fc.record({ _id: fc.constantFrom(...ids) }) }),
  malformed,
);
const document: fc.Arbitrary<Body> = fc.record(
  {
    type: fc.constantFrom(
      'person',
      'person',
      'clinic',
      'contact',
      'contact',
      'data_record',
      'data_record',
      'feedback',
      null,
    ),
    contact_type: fc.constantFrom('chw', 'chw', 'hut', 'hut', null),
    reported_date: reportedDate,
    parent: lineage,
    contact: lineage,
    name: malformed,
    muted: fc.constantFrom('', '2026-01-01', null),
    patient_id: fc.constantFrom('', '1', 5, null),
    fields: fc.oneof(fc.record({ patient_id: fc.constantFrom('1', '2') }), malformed),
    form: fc.constantFrom('visit', 'birth', null),
  },
  { requiredKeys: ['type'] },
);
const settings: fc.Arbitrary<Body> = fc.record({
  settings: fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        contact_types: fc.array(fc.record({ id: fc.constantFrom(...configurable), person: fc.boolean() })),
      }),
    },
    { weight: 1, arbitrary: malformed },
  ),
});
const tombstone = fc.constant(null);

const write = fc
  .record({
    documents: fc.dictionary(
      fc.constantFrom(...ids),
      fc.oneof({ weight: 4, arbitrary: document }, { weight: 1, arbitrary: tombstone }),
      {
        minKeys: 1,
      },
    ),
    settings: fc.dictionary(
      fc.constantFrom('settings', 'settings@other/medic'),
      fc.oneof(settings, settings, tombstone),
      { maxKeys: 1 },
    ),
  })
  .map((written): Step => ({ write: { ...written.documents, ...written.settings } }));

const run = fc
  .oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 3 }).map((size) => ['--vars', `{batch_size: ${size}}`]) },
    {
      weight: 2,
      arbitrary: fc.subarray([...models], { minLength: 1, maxLength: 3 }).map((some) => ['--select', ...some]),
    },
    {
      weight: 1,
      arbitrary: fc
        .subarray([...models], { minLength: 1, maxLength: 2 })
        .map((some) => ['--full-refresh', '--select', ...some]),
    },
  )
  .map((args): Step => ({ run: ['run', ...args] }));

describe('models', () => {
  let database: TestDatabase;
  let dbt: Dbt;
  beforeAll(async () => {
    database = await createTestDatabase();
    dbt = await startDbt(database);
  });
  afterAll(async () => {
    await dbt[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  test('equal what a full refresh builds, after any changes and any runs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(write, run), { minLength: 2, maxLength: 4 }), write, async (pairs, last) => {
        const documents = await createDocuments(database.pool);
        const perform = async (step: Step) => {
          if ('write' in step) await documents.write(step.write);
          else await dbt.run({ schema: 'v1' }, ...step.run);
        };
        // Without the tables, no selection of models can run.
        await perform({ run: ['run'] });
        for (const step of [...pairs.flat(), last]) await perform(step);
        await perform({ run: ['run', '--threads', '4'] });

        await database.pool.query('DROP SCHEMA IF EXISTS refreshed CASCADE');
        await dbt.run({ schema: 'refreshed', rootSchema: 'v1' }, 'run', '--full-refresh');
        expect(await differences(database.pool, 'v1', 'refreshed')).toEqual({});
        expect(await foreignKeys(database.pool)).toEqual(allForeignKeys);
      }),
      { numRuns: Number(process.env.MODELS_RUNS ?? 6), endOnFailure: true },
    );
  });
});
