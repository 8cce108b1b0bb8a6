import { expect, test } from 'vitest';
import { couchDbVariables, postgresVariables } from '../end-to-end/support/environment.js';
import { sourceName, untilTableEquals } from '../end-to-end/support/table.js';
import { Command } from '../support/command.js';
import { createTestCouchDb } from '../support/couchdb.js';
import { createTestDatabase } from '../support/database.js';
import { createTemporaryFolder } from '../support/temporary-folder.js';

test('what medic/cht-couch2pg has stored is copied, mended where it was wrong, and followed', async () => {
  await using couchdb = await createTestCouchDb();
  await using database = await createTestDatabase();
  await using folder = await createTemporaryFolder();
  const [medic, sentinel] = [await couchdb.createDatabase('medic'), await couchdb.createDatabase('medic', '-sentinel')];
  const reports = Array.from({ length: 300 }, (_, n) => ({ _id: `r${n}`, type: 'data_record', form: 'visit' }));
  const user = { _id: 'org.couchdb.user:jane', type: 'user-settings', name: 'jane', derived_key: 'k', salt: 's' };
  await medic.write(...reports, user);
  await sentinel.write(...reports.map(({ _id }) => ({ _id: `${_id}-info`, type: 'info', doc_id: _id })));
  await medic.write({ _id: 'gone', type: 'data_record' });
  await medic.remove('gone');
  const stored = [...(await medic.all()).values(), ...(await sentinel.all()).values()].filter(
    ({ _id }) => _id !== 'r1',
  );
  // One is old, one was lost, one is there twice, and one is left though CouchDB has deleted it.
  const docs = [
    ...stored.map((doc) => (doc._id === 'r2' ? { ...doc, _rev: '0-old', form: 'old' } : doc)),
    { ...stored.find(({ _id }) => _id === 'r3')!, _rev: '0-older' },
    { _id: 'gone', _rev: '1-a', type: 'data_record' },
  ];
  await database.pool.query(`
    CREATE TABLE couchdb (doc jsonb);
    CREATE INDEX couchdb_doc_uuid ON couchdb ((doc ->> '_id'));
    CREATE TABLE couchdb_progress (seq varchar, source varchar);
    INSERT INTO couchdb_progress VALUES ('5-x', 'old-name:5984/${medic.name}'), ('7-y', 'old-name:5984/${sentinel.name}')`);
  await database.pool.query(`INSERT INTO couchdb SELECT * FROM jsonb_array_elements($1)`, [JSON.stringify(docs)]);
  const env = { ...postgresVariables(database), ...couchDbVariables(couchdb, [medic, sentinel]) };
  const run = (...args: string[]) => new Command(args, { folder: folder.path, env });

  await using dry = run('migrate', '--dry-run');
  expect(await dry.end()).toMatchObject({ code: 0 });
  expect(dry.stdout).toContain('Schema public has tables of medic/cht-couch2pg');
  expect(dry.stdout).toContain('migrate --from-couch2pg public');

  await using killed = run('migrate', '--from-couch2pg');
  await Promise.race([killed.says(/"migrated"/), killed.end()]);
  await killed.stop('SIGKILL');
  await using copying = run('migrate', '--from-couch2pg', '--json');
  expect(await copying.end(), copying.stderr).toMatchObject({ code: 0 });
  const { rows: before } = await database.pool.query<{ source: string; documents: number; stamps: string }>(
    `SELECT source, count(*)::int AS documents FROM v1.couchdb GROUP BY source ORDER BY source`,
  );
  expect(before).toContainEqual({ source: sourceName(couchdb, sentinel), documents: 300 });
  expect((await database.pool.query(`SELECT FROM v1.couchdb WHERE doc ? 'derived_key'`)).rows).toEqual([]);
  const stamps = async () =>
    (
      await database.pool.query(
        `SELECT _id, saved_timestamp::text FROM v1.couchdb WHERE _id NOT IN ('r1', 'r2', 'r3', 'gone') ORDER BY _id`,
      )
    ).rows as unknown[];
  const copied = await stamps();

  await using couch2pg = run('couch2pg');
  await untilTableEquals(database, couchdb, [medic, sentinel], { timeout: 60_000 });
  await medic.write({ ...(await medic.get('r4')), form: 'edited' });
  await untilTableEquals(database, couchdb, [medic, sentinel]);
  await using verify = run('verify');
  expect(await verify.end(), verify.stdout).toMatchObject({ code: 0 });
  const now = await stamps();
  const rewritten = now.filter((row) => !copied.some((one) => JSON.stringify(one) === JSON.stringify(row)));
  expect(rewritten).toMatchObject([{ _id: 'r4' }]);

  await using again = run('migrate', '--from-couch2pg');
  expect(await again.end()).toMatchObject({ code: 0 });
  expect(again.stdout).toContain(`CHT Sync has read ${sourceName(couchdb, medic)} already`);
  expect(await couch2pg.stop()).toMatchObject({ code: 0 });
});
