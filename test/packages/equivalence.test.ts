import fc from 'fast-check';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDocuments, differences } from '../models/models.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startDbt, type Dbt } from '../support/dbt.js';
import { createProject, type PackageProject } from './project.js';

const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const models = ['area', 'household', 'member', 'pregnancy', 'vital_event'];
const withAbove = models.map((model) => `+${model}`);

/** Contacts of all levels that are below each other in any way, and reports. */
const document = fc.record({
  type: fc.constantFrom(
    ...['district_hospital', 'health_center', 'health_center', 'contact', 'contact', 'person', 'person'],
    ...['data_record', 'data_record', 'task'],
  ),
  contact_type: fc.constantFrom('household', undefined),
  form: fc.constantFrom('pregnancy', 'birth', 'death', 'other'),
  parent: fc.record({ _id: fc.constantFrom(...ids) }),
  name: fc.constantFrom('A', 'B'),
  place_id: fc.constantFrom('1', '2'),
  fields: fc.record({
    birth_date: fc.constantFrom('2026-01-02', '2026-03-04'),
    danger_signs: fc.constantFrom('yes', ''),
  }),
});
const typed = document.map((body) => {
  const { contact_type, ...rest } = body;
  // The old types have no contact_type.
  return rest.type === 'contact' && contact_type !== undefined ? { ...rest, contact_type } : rest;
});
const write = fc
  .dictionary(
    fc.constantFrom(...ids),
    fc.oneof({ weight: 5, arbitrary: typed }, { weight: 1, arbitrary: fc.constant(null) }),
    { minKeys: 1 },
  )
  .map((written) => ({ write: written }));
const run = fc
  .oneof(
    { weight: 3, arbitrary: fc.constant(['--select', ...withAbove]) },
    {
      weight: 2,
      arbitrary: fc
        .integer({ min: 1, max: 3 })
        .map((size) => ['--select', ...withAbove, '--vars', `{batch_size: ${size}}`]),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.subarray(['document_metadata', 'contact', 'data_record', ...models], { minLength: 1 }), fc.boolean())
        .map(([some, anew]) => ['--select', ...some, ...(anew ? ['--full-refresh'] : [])]),
    },
  )
  .map((args) => ({ run: args }));

describe("a package's models", () => {
  let project: PackageProject;
  let database: TestDatabase;
  let dbt: Dbt;
  beforeAll(async () => {
    project = await createProject(join(import.meta.dirname, 'chw_app'));
    database = await createTestDatabase();
    dbt = await startDbt(database, { project: project.folder });
  });
  afterAll(async () => {
    await dbt[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
  });

  test('made by the macros equal what a full refresh builds, after any changes and any runs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(write, run), { minLength: 2, maxLength: 4 }), write, async (pairs, last) => {
        const documents = await createDocuments(database.pool);
        const all = ['run', '--threads', '4', '--select', ...withAbove];
        await dbt.run({ schema: 'v1' }, ...all);
        for (const step of [...pairs.flat(), last]) {
          if ('write' in step) await documents.write(step.write);
          else await dbt.run({ schema: 'v1' }, 'run', ...step.run);
        }
        await dbt.run({ schema: 'v1' }, ...all);

        await database.pool.query(
          'DROP SCHEMA IF EXISTS refreshed CASCADE; CREATE SCHEMA refreshed; CREATE VIEW refreshed.couchdb AS TABLE v1.couchdb',
        );
        await dbt.run({ schema: 'refreshed', rootSchema: 'v1' }, ...all, '--full-refresh');
        expect(await differences(database.pool, 'v1', 'refreshed', models)).toEqual({});
      }),
      { numRuns: Number(process.env.PACKAGE_RUNS ?? 1), endOnFailure: true },
    );
  });

  test('on batch_incremental take whole timestamps, the oldest first, each once, and all there is into an empty table', async () => {
    const documents = await createDocuments(database.pool);
    const report = { type: 'data_record' };
    await documents.write({ a: report, b: report, c: report, d: report, e: report });
    await database.pool.query(
      `UPDATE v1.couchdb SET saved_timestamp = '2026-01-01 00:00:00.000003' WHERE _id IN ('c', 'd')`,
    );
    const takes = async (batchSize: number, ...args: string[]) => {
      const vars = ['--vars', `{batch_size: ${batchSize}}`];
      await dbt.run({ schema: 'v1' }, 'run', '--select', 'synced_document', ...vars, ...args);
      const { rows } = await database.pool.query<{ uuid: string }>('SELECT uuid FROM v1.synced_document ORDER BY uuid');
      return rows.map(({ uuid }) => uuid).join('');
    };
    expect(await takes(1)).toBe('a');
    expect(await takes(2)).toBe('abcd');
    expect(await takes(2)).toBe('abcde');
    expect(await takes(2)).toBe('abcde');
    await documents.write({ b: { ...report, edited: true } });
    await database.pool.query(`DELETE FROM v1.synced_document WHERE uuid = 'e'`);
    expect(await takes(1)).toBe('abcde');
    await database.pool.query('DELETE FROM v1.synced_document');
    expect(await takes(0)).toBe('abcde');
    expect(await takes(3, '--full-refresh')).toBe('acd');
  });
});
