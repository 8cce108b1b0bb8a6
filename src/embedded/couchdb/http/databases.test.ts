import { expect, test } from 'vitest';
import { systemClock } from '../../../lib/index.js';
import { testSource } from '../couchdb.fixture.js';

test('a database is made, described, listed and removed', async () => {
  await using source = await testSource({ clock: { ...systemClock, now: () => 1_700_000_000_000 } });
  expect((await source.ask('PUT', '/medic-user-jane-meta')).status).toBe(201);
  expect((await source.ask('PUT', '/medic?q=4')).body).toEqual({ ok: true });
  expect((await source.ask('GET', '/_all_dbs')).body).toEqual(['_users', 'medic', 'medic-user-jane-meta']);
  await source.ask('PUT', '/medic/a', {});
  const { rev } = (await source.ask('PUT', '/medic/b', {})).body;
  await source.ask('DELETE', `/medic/b?rev=${rev}`);
  expect((await source.ask('GET', '/medic')).body).toMatchObject({
    db_name: 'medic',
    doc_count: 1,
    doc_del_count: 1,
    instance_start_time: '1700000000',
    update_seq: expect.stringMatching(/^3-[\w-]+$/) as string,
    purge_seq: expect.stringMatching(/^0-[\w-]+$/) as string,
    cluster: { q: 4, n: 1, w: 1, r: 1 },
    sizes: { file: expect.any(Number) as number },
  });
  expect((await source.ask('HEAD', '/medic')).status).toBe(200);
  expect((await source.ask('DELETE', '/medic')).body).toEqual({ ok: true });
  expect((await source.ask('GET', '/medic')).body).toEqual({ error: 'not_found', reason: 'Database does not exist.' });
  expect((await source.ask('HEAD', '/medic')).status).toBe(404);
  expect((await source.ask('DELETE', '/medic')).status).toBe(404);
});

test.each(['Medic', '_medic', '9lives', 'a%20b'])('%s is no name of a database', async (name) => {
  await using source = await testSource();
  const { status, body } = await source.ask('PUT', `/${name}`);
  expect([status, body.error]).toEqual([400, 'illegal_database_name']);
});

test('a name with a slash works, and a database that is there cannot be made again', async () => {
  await using source = await testSource();
  expect((await source.ask('PUT', '/a%2Fb')).status).toBe(201);
  expect((await source.ask('PUT', '/a%2Fb/doc', {})).status).toBe(201);
  const { status, body } = await source.ask('PUT', '/a%2Fb');
  expect([status, body.error]).toEqual([412, 'file_exists']);
});

test('a database that is made again begins afresh, with another creation time and shards', async () => {
  let now = 1_700_000_000_000;
  await using source = await testSource({ clock: { ...systemClock, now: () => now } });
  await source.ask('PUT', '/medic');
  await source.ask('PUT', '/medic/a', {});
  const { last_seq: since } = (await source.ask('GET', '/medic/_changes')).body;
  await source.ask('DELETE', '/medic');
  now += 5000;
  await source.ask('PUT', '/medic');
  await source.ask('PUT', '/medic/b', {});
  expect((await source.ask('GET', '/medic')).body).toMatchObject({ instance_start_time: '1700000005', doc_count: 1 });
  // The old sequence is that of shards that are no more: everything comes.
  const { results } = (await source.ask('GET', `/medic/_changes?since=${since}`)).body;
  expect(results.map(({ id }) => id)).toEqual(['b']);
});

test('a feed ends when its database is removed', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  const feed = source.ask('GET', '/medic/_changes?feed=continuous&heartbeat=20');
  await new Promise((resolve) => setTimeout(resolve, 100));
  await source.ask('DELETE', '/medic');
  expect((await feed).text).toContain('"last_seq"');
});

test('security, full commit, compaction and tasks answer as CouchDB does', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  expect((await source.ask('GET', '/medic/_security')).body).toHaveProperty('members');
  await source.ask('PUT', '/medic/_security', { admins: { names: ['jane'] } });
  expect((await source.ask('GET', '/medic/_security')).body).toEqual({ admins: { names: ['jane'] } });
  expect((await source.ask('POST', '/medic/_ensure_full_commit')).status).toBe(201);
  expect((await source.ask('GET', '/_active_tasks')).body).toEqual([]);
  const first = (await source.ask('PUT', '/medic/a', { n: 1 })).body.rev;
  await source.ask('PUT', `/medic/a?rev=${first}`, { n: 2 });
  expect((await source.ask('GET', `/medic/a?rev=${first}`)).body.n).toBe(1);
  expect((await source.ask('POST', '/medic/_compact', {})).status).toBe(202);
  expect((await source.ask('GET', `/medic/a?rev=${first}`)).status).toBe(404);
  expect((await source.ask('GET', '/medic/a')).body.n).toBe(2);
});

test('what is purged leaves no row, but higher counters and a line in _purged_infos', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  const { rev } = (await source.ask('PUT', '/medic/a', {})).body;
  await source.ask('PUT', '/medic/b', {});
  const before = (await source.ask('GET', '/medic')).body;
  const purged = await source.ask('POST', '/medic/_purge', { a: [rev, '3-none'], c: ['1-x'] });
  expect([purged.status, purged.body]).toEqual([201, { purge_seq: null, purged: { a: [rev], c: [] } }]);
  const { results } = (await source.ask('GET', '/medic/_changes')).body;
  expect(results.map(({ id }) => id)).toEqual(['b']);
  const after = (await source.ask('GET', '/medic')).body;
  expect(after.doc_count).toBe(1);
  expect(parseInt(after.purge_seq)).toBe(parseInt(before.purge_seq) + 1);
  expect(parseInt(after.update_seq)).toBeGreaterThan(parseInt(before.update_seq));
  expect((await source.ask('GET', '/medic/_purged_infos')).body).toEqual({ purged_infos: [{ id: 'a', revs: [rev] }] });
  expect((await source.ask('GET', '/medic/_purged_infos_limit')).text).toBe('1000\n');
  expect((await source.ask('PUT', '/medic/_purged_infos_limit', '50')).body).toEqual({ ok: true });
  expect((await source.ask('GET', '/medic/_purged_infos_limit')).text).toBe('50\n');
  expect((await source.ask('GET', '/medic/a')).status).toBe(404);
});

test('purging the winner of a conflict gives a row with the other revision', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  const docs = ['aa', 'bb'].map((hash) => ({ _id: 'a', _rev: `1-${hash}`, hash }));
  await source.ask('POST', '/medic/_bulk_docs', { docs, new_edits: false });
  const { last_seq: since } = (await source.ask('GET', '/medic/_changes')).body;
  await source.ask('POST', '/medic/_purge', { a: ['1-bb'] });
  const { results } = (await source.ask('GET', `/medic/_changes?include_docs=true&since=${since}`)).body;
  expect(results).toMatchObject([{ id: 'a', changes: [{ rev: '1-aa' }], doc: { hash: 'aa' } }]);
});
