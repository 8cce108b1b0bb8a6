import { expect, test } from 'vitest';
import { Command, withPreloadedPython } from '../support/command.js';
import { createTestCouchDb } from '../support/couchdb.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { createTemporaryFolder } from '../support/temporary-folder.js';
import { medicDocuments } from './support/deployment.js';
import { couchDbVariables, postgresVariables } from './support/environment.js';
import { readModels, untilModelsEqual } from './support/models.js';
import { sourceName, untilTableEquals } from './support/table.js';

/** What `--json` prints, as far as it is relied on here. */
interface Summary {
  readonly caughtUp: boolean;
  readonly sources: readonly { readonly source: string; readonly state: string; readonly written: number }[];
  readonly models: readonly { readonly name: string; readonly status: string; readonly rows: number }[];
}

/** The version of each row of documents and models: another one when the row was written again. */
async function rowVersions({ pool }: TestDatabase): Promise<unknown[]> {
  const tables = [
    'couchdb',
    'document_metadata',
    'contact',
    'contact_type',
    'person',
    'place',
    'patient',
    'data_record',
  ];
  const selects = tables.map((table) => `SELECT '${table}', ctid::text, xmin::text FROM v1.${table}`);
  return (await pool.query<never>(`${selects.join(' UNION ALL ')} ORDER BY 1, 2`)).rows;
}

test('start --exit-when-caught-up --json brings all into the models, prints one summary and ends; again, it does nothing', async () => {
  await using couchdb = await createTestCouchDb();
  await using database = await createTestDatabase();
  await using folder = await createTemporaryFolder();
  const [medic, empty] = [await couchdb.createDatabase('medic'), await couchdb.createDatabase('empty')];
  await medic.write(...medicDocuments);
  const env = { ...couchDbVariables(couchdb, [medic, empty]), ...postgresVariables(database) };
  const run = async (): Promise<Summary> => {
    const args = ['start', '--exit-when-caught-up', '--json'];
    await using command = new Command(args, { folder: folder.path, env, ...withPreloadedPython() });
    expect(await command.end(), command.stderr).toEqual({ code: 0, signal: null });
    expect(command.stderr).toMatch(/INFO/);
    return JSON.parse(command.stdout) as Summary;
  };

  const first = await run();
  expect(first).toMatchObject({
    caughtUp: true,
    sources: [
      { source: sourceName(couchdb, medic), state: 'live', written: medicDocuments.length },
      { source: sourceName(couchdb, empty), state: 'live', written: 0 },
    ],
  });
  await untilModelsEqual(database, await untilTableEquals(database, couchdb, [medic, empty]));
  for (const [name, rows] of Object.entries(await readModels(database))) {
    const counted = { name, status: 'ok', rows: Object.keys(rows).length };
    expect(first.models).toContainEqual(expect.objectContaining(counted));
  }

  const versions = await rowVersions(database);
  const second = await run();
  expect(second).toMatchObject({ caughtUp: true, sources: [{ written: 0 }, { written: 0 }] });
  expect(await rowVersions(database)).toEqual(versions);
});
