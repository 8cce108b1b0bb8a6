import { expect, test } from 'vitest';
import { testSource } from '../couchdb.fixture.js';

test('a document is written, read, changed and deleted, and a wrong revision is a conflict', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  const made = await source.ask('PUT', '/medic/a', { x: 1 });
  expect(made.status).toBe(201);
  expect(made.body).toEqual({ ok: true, id: 'a', rev: expect.stringMatching(/^1-[0-9a-f]{32}$/) as string });
  expect((await source.ask('PUT', '/medic/a', { x: 2 })).body).toEqual({
    error: 'conflict',
    reason: 'Document update conflict.',
  });
  const { rev } = made.body;
  const changed = await source.ask('PUT', '/medic/a', { _rev: rev, x: 2 });
  expect(changed.body.rev).toMatch(/^2-/);
  const read = await source.ask('GET', '/medic/a');
  expect(read.text).toBe(`{"_id":"a","_rev":"${changed.body.rev}","x":2}\n`);
  expect(read.headers.get('etag')).toBe(`"${changed.body.rev}"`);
  expect((await source.ask('HEAD', '/medic/a')).headers.get('etag')).toBe(`"${changed.body.rev}"`);
  expect((await source.ask('DELETE', `/medic/a?rev=${rev}`)).status).toBe(409);
  expect((await source.ask('DELETE', '/medic/a')).status).toBe(409);
  const deleted = await source.ask('DELETE', '/medic/a', undefined, { 'if-match': `"${changed.body.rev}"` });
  expect([deleted.status, deleted.body.rev.slice(0, 2)]).toEqual([200, '3-']);
  expect((await source.ask('GET', '/medic/a')).body).toEqual({ error: 'not_found', reason: 'deleted' });
  expect((await source.ask('GET', '/medic/none')).body).toEqual({ error: 'not_found', reason: 'missing' });
  expect((await source.ask('DELETE', '/medic/none?rev=1-a')).status).toBe(404);
});

test('a deleted document can be written again and goes on from its tombstone', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  const { rev } = (await source.ask('PUT', '/medic/a', {})).body;
  await source.ask('PUT', '/medic/a', { _rev: rev, _deleted: true, reason: 'moved' });
  const tombstone = (await source.ask('GET', '/medic/_changes?include_docs=true')).body.results[0];
  expect(tombstone).toMatchObject({ deleted: true, doc: { _deleted: true, reason: 'moved' } });
  expect((await source.ask('PUT', '/medic/a', { again: true })).body.rev).toMatch(/^3-/);
  expect((await source.ask('GET', '/medic')).body).toMatchObject({ doc_count: 1, doc_del_count: 0 });
});

test('the same edit is the same revision on every server', async () => {
  await using one = await testSource();
  await using other = await testSource();
  const revs: string[] = [];
  for (const { ask } of [one, other]) {
    await ask('PUT', '/medic');
    revs.push((await ask('PUT', '/medic/a', { x: 1 })).body.rev);
  }
  expect(revs[0]).toBe(revs[1]);
});

test('a document is sent as it was written, number for number and escape for escape', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  const body = String.raw`"big":9007199254740993,"huge":1e400,"one":1.0,"nul":"\u0000","half":"\ud800","a":{"b":[1, 2]}`;
  await source.ask('PUT', '/medic/a', `{ ${body}\n }`);
  await source.ask('POST', '/medic/_bulk_docs', `{"docs":[{"_id":"b",${body}}]}`);
  const sent = body.replace('[1, 2]', '[1,2]');
  for (const path of [
    '/medic/a',
    '/medic/b',
    '/medic/_changes?include_docs=true',
    '/medic/_all_docs?include_docs=true',
  ]) {
    expect((await source.ask('GET', path)).text).toContain(`,${sent}}`);
  }
});

test('conflicts, former conflicts, history and old revisions are told when asked for', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  const docs = [
    { _id: 'a', _rev: '2-bb', _revisions: { start: 2, ids: ['bb', 'aa'] }, n: 1 },
    { _id: 'a', _rev: '2-cc', _revisions: { start: 2, ids: ['cc', 'aa'] }, n: 2 },
    { _id: 'a', _rev: '2-dd', _revisions: { start: 2, ids: ['dd', 'aa'] }, _deleted: true },
  ];
  const written = await source.ask('POST', '/medic/_bulk_docs', { docs, new_edits: false });
  expect([written.status, written.body]).toEqual([201, []]);
  const asked = '?revs=true&revs_info=true&conflicts=true&deleted_conflicts=true';
  expect((await source.ask('GET', `/medic/a${asked}`)).body).toEqual({
    _id: 'a',
    _rev: '2-cc',
    n: 2,
    _revisions: { start: 2, ids: ['cc', 'aa'] },
    _revs_info: [
      { rev: '2-cc', status: 'available' },
      { rev: '1-aa', status: 'missing' },
    ],
    _conflicts: ['2-bb'],
    _deleted_conflicts: ['2-dd'],
  });
  expect((await source.ask('GET', '/medic/a?rev=2-bb')).body).toMatchObject({ n: 1 });
  expect((await source.ask('GET', '/medic/a?rev=2-dd')).body).toMatchObject({ _deleted: true });
  expect((await source.ask('GET', '/medic/a?rev=1-aa')).status).toBe(404);
  const all = await source.ask('GET', '/medic/a?open_revs=all', undefined, { accept: 'application/json' });
  expect(all.list.map(({ ok }) => (ok as unknown as { _rev: string })._rev)).toEqual(['2-cc', '2-bb', '2-dd']);
  const some = await source.ask('GET', '/medic/a?open_revs=["2-bb","9-zz"]');
  expect(some.list).toMatchObject([{ ok: { n: 1 } }, { missing: '9-zz' }]);
  const row = (await source.ask('GET', '/medic/_changes?style=all_docs&include_docs=true&conflicts=true')).body.results;
  expect(row).toMatchObject([
    { changes: [{ rev: '2-cc' }, { rev: '2-bb' }, { rev: '2-dd' }], doc: { _conflicts: ['2-bb'] } },
  ]);
  const listed = await source.ask('GET', '/medic/_all_docs?include_docs=true&conflicts=true');
  expect(listed.body.rows[0]?.doc).toMatchObject({ _conflicts: ['2-bb'] });
});

test('design and local documents have their places; local ones are in no feed', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  expect((await source.ask('PUT', '/medic/_design/x', { views: {} })).status).toBe(201);
  expect((await source.ask('GET', '/medic/_design%2Fx')).body._id).toBe('_design/x');
  expect((await source.ask('PUT', '/medic/_local/x', { n: 1 })).body).toMatchObject({ id: '_local/x', rev: '0-1' });
  expect((await source.ask('PUT', '/medic/_local/x', { _rev: '0-1', n: 2 })).body.rev).toBe('0-2');
  expect((await source.ask('PUT', '/medic/_local/x', { _rev: '0-1', n: 3 })).status).toBe(409);
  expect((await source.ask('GET', '/medic/_local/x')).body).toMatchObject({ _id: '_local/x', _rev: '0-2', n: 2 });
  const { results } = (await source.ask('GET', '/medic/_changes')).body;
  expect(results.map(({ id }) => id)).toEqual(['_design/x']);
  expect((await source.ask('DELETE', '/medic/_local/x?rev=0-2')).status).toBe(200);
  expect((await source.ask('GET', '/medic/_local/x')).status).toBe(404);
});

test('a bulk write answers for each document by itself', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  await source.ask('PUT', '/medic/a', {});
  const { list } = await source.ask('POST', '/medic/_bulk_docs', { docs: [{ _id: 'a' }, { _id: 'b' }, { x: 1 }] });
  expect(list).toMatchObject([
    { id: 'a', error: 'conflict', reason: 'Document update conflict.' },
    { ok: true, id: 'b' },
    { ok: true, id: expect.stringMatching(/^[0-9a-f]{32}$/) as string },
  ]);
  const posted = await source.ask('POST', '/medic', { x: 2 });
  expect([posted.status, posted.body.ok]).toEqual([201, true]);
  expect((await source.ask('GET', '/medic')).body.doc_count).toBe(4);
});

test('replication finds out what is missing and fetches it', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  const { rev } = (await source.ask('PUT', '/medic/a', { n: 1 })).body;
  expect((await source.ask('POST', '/medic/_revs_diff', { a: [rev, '2-x'], b: ['1-y'] })).body).toEqual({
    a: { missing: ['2-x'], possible_ancestors: [rev] },
    b: { missing: ['1-y'] },
  });
  const docs = [{ id: 'a', rev }, { id: 'a', rev: '2-x' }, { id: 'none' }];
  expect((await source.ask('POST', '/medic/_bulk_get?revs=true', { docs })).body.results).toMatchObject([
    { id: 'a', docs: [{ ok: { _id: 'a', n: 1, _revisions: { start: 1 } } }] },
    { id: 'a', docs: [{ error: { error: 'not_found', rev: '2-x' } }] },
    { id: 'none', docs: [{ error: { error: 'not_found' } }] },
  ]);
  const put = await source.ask('PUT', '/medic/a?new_edits=false', {
    _rev: '2-x',
    _revisions: { start: 2, ids: ['x', rev.slice(2)] },
    n: 2,
  });
  expect(put.body.rev).toBe('2-x');
  expect((await source.ask('GET', '/medic/a')).body).toMatchObject({ _rev: '2-x', n: 2 });
});

test('_all_docs answers ranges, lists of keys and pages, in the order of code points', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  const ids = ['B', 'a', 'b', '\uffee', '\u{1f600}'];
  await source.ask('POST', '/medic/_bulk_docs', { docs: [...ids].reverse().map((_id) => ({ _id })) });
  const { rev } = (await source.ask('PUT', '/medic/gone', {})).body;
  await source.ask('DELETE', `/medic/gone?rev=${rev}`);
  const keysOf = async (query: string) =>
    (await source.ask('GET', `/medic/_all_docs?${query}`)).body.rows.map(({ key }) => key);
  expect(await keysOf('')).toEqual(ids);
  expect(await keysOf('descending=true&limit=2&skip=1')).toEqual(['\uffee', 'b']);
  expect(await keysOf('startkey="a"&endkey="b"')).toEqual(['a', 'b']);
  expect(await keysOf('start_key="a"&end_key="b"&inclusive_end=false')).toEqual(['a']);
  expect(await keysOf('descending=true&start_key="b"&end_key="a"')).toEqual(['b', 'a']);
  expect(await keysOf('key="b"')).toEqual(['b']);
  expect(await keysOf('start_key="b"&end_key={}')).toEqual(ids.slice(2));
  const { body } = await source.ask('POST', '/medic/_all_docs?include_docs=true', { keys: ['b', 'gone', 'none', 'b'] });
  expect(body).toMatchObject({ total_rows: 5 });
  expect(body.rows).toMatchObject([
    { id: 'b', key: 'b', doc: { _id: 'b' } },
    { id: 'gone', value: { deleted: true }, doc: null },
    { key: 'none', error: 'not_found' },
    { key: 'b' },
  ]);
});

test('attachments are stored, shown as stubs, sent as bytes, and kept by edits that mention them', async () => {
  await using source = await testSource();
  await source.ask('PUT', '/medic');
  const data = Buffer.from('hello').toString('base64');
  const { rev } = (
    await source.ask('PUT', '/medic/a', { _attachments: { 'a.txt': { content_type: 'text/plain', data } } })
  ).body;
  const stub = { content_type: 'text/plain', revpos: 1, digest: 'md5-XUFAKrxLKna5cZ2REBfFkg==', length: 5, stub: true };
  expect((await source.ask('GET', '/medic/a')).body._attachments).toEqual({ 'a.txt': stub });
  const put = await source.ask('PUT', `/medic/a/b.bin?rev=${rev}`, 'raw', { 'content-type': 'image/x' });
  expect(put.status).toBe(201);
  const read = await source.ask('GET', '/medic/a/b.bin');
  expect([read.text, read.headers.get('content-type')]).toEqual(['raw', 'image/x']);
  const present = (await source.ask('GET', '/medic/a')).body;
  expect(present._attachments).toMatchObject({ 'a.txt': stub, 'b.bin': { revpos: 2, length: 3 } });
  const edited = await source.ask('PUT', '/medic/a', { ...present, n: 1 });
  expect(edited.status).toBe(201);
  expect((await source.ask('GET', '/medic/a?attachments=true')).body._attachments).toMatchObject({
    'a.txt': { data },
  });
  const removed = await source.ask('DELETE', `/medic/a/a.txt?rev=${edited.body.rev}`);
  expect(removed.status).toBe(200);
  expect((await source.ask('GET', '/medic/a/a.txt')).status).toBe(404);
  const bad = await source.ask('PUT', '/medic/b', { _attachments: { x: { stub: true } } });
  expect([bad.status, bad.body.error]).toEqual([412, 'missing_stub']);
});
