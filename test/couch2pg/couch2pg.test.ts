import { describe, expect, test } from 'vitest';
import { createTestCouchDb, type TestCouchDatabase } from '../support/couchdb.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { follow, stored } from './follow.js';

const soon = { timeout: 15_000, interval: 50 };

/** Waits until the table holds of this source what CouchDB holds. */
async function untilEqual(database: TestDatabase, source: TestCouchDatabase): Promise<void> {
  await expect
    .poll(async () => Object.fromEntries(await stored(database, source.name).catch(() => [])), soon)
    .toEqual(Object.fromEntries(await source.all()));
}

describe('couch2pg', () => {
  test('brings a database into the table and follows edits, deletes, conflicts and new documents', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await createTestDatabase();
    const source = await couchdb.createDatabase();
    await source.write(...Array.from({ length: 350 }, (_, n) => ({ _id: `d${n}`, n, text: `\\u0000 ${n} 😀` })));
    await using following = follow(couchdb, database, [source]);
    await untilEqual(database, source);

    const { _rev } = await source.get('d1');
    await source.write({ _id: 'd1', _rev: _rev ?? '', n: 'edited' }, { _id: 'new', n: 1 });
    await source.remove('d2');
    const base = { _id: 'split', _revisions: { start: 2, ids: ['b', 'a'] } };
    await source.replicate(
      { ...base, _rev: '2-b', side: 'loses' },
      { ...base, _rev: '2-c', _revisions: { start: 2, ids: ['c', 'a'] }, side: 'wins' },
    );
    await untilEqual(database, source);
    expect((await stored(database, source.name)).get('split')).toMatchObject({ _rev: '2-c', side: 'wins' });

    // With the winner deleted, the other side of the conflict is what CouchDB says the document is.
    await source.write({ _id: 'split', _rev: '2-c', _deleted: true });
    await untilEqual(database, source);
    expect((await stored(database, source.name)).get('split')).toMatchObject({ _rev: '2-b', side: 'loses' });
    await expect
      .poll(() => following.couch2pg.status(), soon)
      .toMatchObject([{ state: 'live', pending: 0, lagMs: 0, error: null }]);
  });

  test('goes on from its checkpoint after a stop, with what has changed meanwhile, and rewrites nothing else', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await createTestDatabase();
    const source = await couchdb.createDatabase();
    await source.write(...Array.from({ length: 120 }, (_, n) => ({ _id: `d${n}`, n })));
    const first = follow(couchdb, database, [source]);
    await untilEqual(database, source);
    await first.stop();
    expect(first.couch2pg.status()).toMatchObject([{ state: 'stopped' }]);
    const stamps = async () => {
      const sql = `SELECT saved_timestamp::text AS stamp FROM v1.couchdb WHERE _id <> 'd7' ORDER BY _id`;
      return (await database.pool.query<{ stamp: string }>(sql)).rows;
    };
    const before = await stamps();

    await source.write({ ...(await source.get('d7')), n: 'while away' });
    await using second = follow(couchdb, database, [source]);
    await untilEqual(database, source);
    expect(await stamps()).toEqual(before);
    expect(second.couch2pg.status()[0]?.written).toBeLessThan(20);
  });

  test('keeps documents with the same id in two databases apart', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await createTestDatabase();
    const [one, two] = [await couchdb.createDatabase('one'), await couchdb.createDatabase('two')];
    for (const [source, n] of [[one, 1] as const, [two, 2] as const]) {
      await source.write(
        { _id: 'settings', n },
        { _id: 'org.couchdb.user:jane', n },
        { _id: '_design/x', views: {}, n },
      );
    }
    await using _ = follow(couchdb, database, [one, two]);
    await Promise.all([untilEqual(database, one), untilEqual(database, two)]);
    await one.remove('settings');
    await untilEqual(database, one);
    await untilEqual(database, two);
    const keys = await database.pool.query('SELECT _id FROM v1.couchdb GROUP BY _id HAVING count(*) > 1');
    expect(keys.rows).toEqual([]);
  });

  test('reads a flood in pages again, and is live after it', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await createTestDatabase();
    const source = await couchdb.createDatabase();
    await using following = follow(couchdb, database, [source], { batch: { rows: 20 } });
    const states: (string | undefined)[] = [];
    following.couch2pg.onChange(() => states.push(following.couch2pg.status()[0]?.state));
    await expect.poll(() => states.at(-1), soon).toBe('live');
    const before = states.length;
    await source.write(...Array.from({ length: 1000 }, (_, n) => ({ _id: `d${n}`, n })));
    await untilEqual(database, source);
    await expect.poll(() => following.couch2pg.status(), soon).toMatchObject([{ state: 'live', pending: 0, lagMs: 0 }]);
    expect(states.slice(before)).toContain('catching-up');
  });

  test('follows by long polls as well', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await createTestDatabase();
    const source = await couchdb.createDatabase();
    await using _ = follow(couchdb, database, [source], { liveFeed: 'longpoll' });
    for (let n = 0; n < 5; n += 1) {
      await source.write({ _id: `d${n}`, n });
      await untilEqual(database, source);
    }
  });

  test('never writes the secrets of a user document', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await createTestDatabase();
    const source = await couchdb.createDatabase();
    await source.write({
      _id: 'org.couchdb.user:jane',
      name: 'jane',
      type: 'user',
      salt: 'pepper',
      derived_key: 'k3y',
      iterations: 10,
    });
    await using _ = follow(couchdb, database, [source]);
    await expect.poll(async () => (await stored(database, source.name).catch(() => new Map())).size, soon).toBe(1);
    const { rows } = await database.pool.query<{ doc: string }>('SELECT doc::text FROM v1.couchdb');
    expect(rows[0]?.doc).toContain('"name": "jane"');
    expect(rows[0]?.doc).not.toMatch(/pepper|k3y|iterations/);
  });

  test('has one instance write while the other stands by, and the other take over when the first ends', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await createTestDatabase();
    const source = await couchdb.createDatabase();
    const first = follow(couchdb, database, [source]);
    await expect.poll(() => first.couch2pg.status()[0]?.state, soon).toBe('live');
    await using second = follow(couchdb, database, [source]);
    await expect.poll(() => second.couch2pg.status()[0]?.state, soon).toBe('standby');
    await first.stop();
    await source.write({ _id: 'late' });
    await untilEqual(database, source);
    expect(second.couch2pg.status()[0]?.state).toBe('live');
  });

  test('a database that is missing is named and fails alone; it is followed once it is there', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await createTestDatabase();
    const source = await couchdb.createDatabase();
    await source.write({ _id: 'a' });
    await using following = follow(couchdb, database, ['no-such-database', source]);
    await untilEqual(database, source);
    await expect
      .poll(() => following.couch2pg.status()[0], soon)
      .toMatchObject({
        state: 'failed',
        error: { code: 'COUCHDB_DATABASE_MISSING', message: expect.stringContaining('no-such-database') as string },
      });
    const progress = await database.pool.query(
      `SELECT state, error_code FROM v1.couchdb_progress WHERE source LIKE '%no-such%'`,
    );
    expect(progress.rows).toEqual([{ state: 'failed', error_code: 'COUCHDB_DATABASE_MISSING' }]);
  });

  test('a wrong password is said so, without saying the password', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await createTestDatabase();
    const source = await couchdb.createDatabase();
    await using following = follow(couchdb, database, [source], { password: 'not-the-password' });
    await expect.poll(() => following.couch2pg.status()[0]?.error?.code, soon).toBe('COUCHDB_UNAUTHORIZED');
    expect(JSON.stringify(following.couch2pg.status())).not.toContain('not-the-password');
  });

  test('waits for a CouchDB that is not there', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await createTestDatabase();
    await using following = follow(couchdb, database, ['medic'], { url: 'http://127.0.0.1:9' });
    await expect
      .poll(() => following.couch2pg.status()[0], soon)
      .toMatchObject({ state: 'backing-off', error: { code: 'COUCHDB_UNREACHABLE' } });
  });

  test.each([
    ['the schema is dropped', 'DROP SCHEMA v1 CASCADE'],
    ['checkpoints and documents are removed', 'DELETE FROM v1.couchdb_progress; DELETE FROM v1.couchdb'],
  ])('reads everything again when %s under it, also of a database that is quiet', async (_, statement) => {
    await using couchdb = await createTestCouchDb();
    await using database = await createTestDatabase();
    const [busy, quiet] = [await couchdb.createDatabase('busy'), await couchdb.createDatabase('quiet')];
    for (const source of [busy, quiet]) await source.write({ _id: `of ${source.name}` });
    const pauses = { firstMs: 50, longestMs: 300, lookMs: 200 };
    await using following = follow(couchdb, database, [busy, quiet], { pauses });
    const states = () => following.couch2pg.status().map(({ state }) => state);
    await expect.poll(states, soon).toEqual(['live', 'live']);
    await database.pool.query(statement);
    await busy.write({ _id: 'later' });
    for (const source of [busy, quiet]) await untilEqual(database, source);
    await expect.poll(states, soon).toEqual(['live', 'live']);
  });

  test('goes on by itself when PostgreSQL cuts its connections', async () => {
    await using couchdb = await createTestCouchDb();
    await using database = await createTestDatabase();
    const source = await couchdb.createDatabase();
    await using following = follow(couchdb, database, [source]);
    await expect.poll(() => following.couch2pg.status()[0]?.state, soon).toBe('live');
    for (let n = 0; n < 3; n += 1) {
      await database.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'cht-sync%' AND datname = current_database()`,
      );
      await source.write({ _id: `d${n}` });
      await untilEqual(database, source);
    }
  });
});
