import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { Command, withPreloadedPython } from '../support/command.js';
import { createTestCouchDb, type TestCouchDatabase } from '../support/couchdb.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { descendantsOf, stillRunning } from '../support/processes.js';
import { createTemporaryFolder } from '../support/temporary-folder.js';
import { medicDocuments } from './support/deployment.js';
import { couchDbVariables, postgresVariables } from './support/environment.js';
import { untilModelsEqual } from './support/models.js';
import { untilTableEquals } from './support/table.js';

const loaded = 6_000;
const often = { timeout: 60_000, interval: 5 };

/** Persons and reports in plenty. */
async function fill(database: TestCouchDatabase): Promise<void> {
  const batch = 1_000;
  for (let from = 0; from < loaded; from += batch) {
    const documents = Array.from({ length: batch }, (_, index) => {
      const n = from + index;
      return n % 2 === 0
        ? { _id: `person-${n}`, type: 'person', name: `person ${n}`, patient_id: String(100_000 + n) }
        : { _id: `report-${n}`, type: 'data_record', form: 'visit', fields: { patient_id: String(100_000 + n - 1) } };
    });
    await database.write(...documents);
  }
}

async function countDocuments({ pool }: TestDatabase): Promise<number> {
  const { rows } = await pool.query<{ count: number }>('SELECT count(*)::integer AS count FROM v1.couchdb');
  return rows[0]!.count;
}

/** Whether dbt is in a transaction. */
async function isModelling({ pool }: TestDatabase): Promise<boolean> {
  const { rowCount } = await pool.query(
    `SELECT FROM pg_stat_activity
     WHERE application_name = 'cht-sync-dbt' AND datname = current_database() AND xact_start IS NOT NULL`,
  );
  return rowCount !== 0;
}

test('couch2pg and dataemon run as processes of their own, and each may be killed at any moment', async () => {
  await using couchdb = await createTestCouchDb();
  await using database = await createTestDatabase();
  await using folder = await createTemporaryFolder();
  const medic = await couchdb.createDatabase('medic');
  await medic.write(...medicDocuments);
  await fill(medic);
  const postgres = postgresVariables(database);
  const start = (half: 'couch2pg' | 'dataemon', how = {}) =>
    new Command([half], {
      folder: folder.path,
      ...how,
      env: half === 'dataemon' ? postgres : { ...postgres, ...couchDbVariables(couchdb, [medic]), BATCH_SIZE: '20' },
    });

  // The dataemon waits for a table that nobody has made yet.
  await using dataemon = start('dataemon');
  await dataemon.says(/the dataemon runs/);

  await using one = start('couch2pg');
  await using two = start('couch2pg');
  const isStandby = ({ stderr }: Command) => stderr.includes(`${medic.name} is standby`);
  await expect.poll(() => isStandby(one) || isStandby(two), often).toBe(true);
  const [writer, standby] = isStandby(two) ? [one, two] : [two, one];
  const killAt = randomInt(1, loaded / 2);
  await expect.poll(() => countDocuments(database), often).toBeGreaterThan(killAt);
  const atKill = await countDocuments(database);
  expect(await writer.stop('SIGKILL'), `killed at ${atKill}`).toMatchObject({ signal: 'SIGKILL' });
  await standby.says(/is catching-up/);
  const rows = await untilTableEquals(database, couchdb, [medic], { timeout: 60_000 });
  expect(standby.warnings).toEqual([]);
  await untilModelsEqual(database, rows);

  // Killed in the middle of a run, the dataemon leaves no dbt behind.
  const workers = await descendantsOf(dataemon.pid);
  expect(workers.map(({ commandLine }) => commandLine).join('\n')).toContain('worker.py');
  await medic.write({ ...(await medic.get('worker')), name: 'edited' }, { _id: 'person-new', type: 'person' });
  await expect.poll(() => isModelling(database), often).toBe(true);
  await dataemon.stop('SIGKILL');
  await expect.poll(() => stillRunning(workers.map(({ pid }) => pid)), { timeout: 10_000, interval: 50 }).toEqual([]);

  await medic.remove('person-0');
  await using again = start('dataemon', withPreloadedPython());
  await untilModelsEqual(database, await untilTableEquals(database, couchdb, [medic]));
  expect(again.warnings).toEqual([]);
  expect(await again.stop()).toMatchObject({ code: 0 });
  expect(await standby.stop()).toMatchObject({ code: 0 });
});
