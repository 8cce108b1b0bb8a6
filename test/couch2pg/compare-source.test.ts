import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { compareSource } from '../../src/couch2pg/index.js';
import { comparedSource, comparison, shown, sourceName, synced } from './comparison.js';

/** Every kind of id, in an order that is neither that of bytes nor that of any language. */
const awkwardIds = [
  'b', 'B', 'a', 'A', 'Z', 'z', 'é', 'e\u0301', 'ß', 'ss', 'ä', 'zz', '10', '9', ' x', 'a b', 'a-b', 'ab', 'a_b', 'a/b', 'a+b', 'a%2Fb',
  '_design/x', '_design/Y', '\u007f', 'ዓለም', '世界', '\ud7ff', '\ue000', '\uffee', '😀', '\u{10ffff}', '"', '\\', "'", '\n', '\u200b', 'İ', 'ı', 'constructor',
]; // prettier-ignore

describe('compareSource', () => {
  test('finds nothing where both sides are the same, whatever the ids', async () => {
    await using here = await comparedSource(awkwardIds);
    for (const id of ['b', '😀', '_design/x']) await here.source.remove(id);
    await synced(here.couchdb, here.database, here.source);
    expect(await shown(compareSource(here.sides))).toEqual([]);
  });

  test('finds nothing in a database whose own order of ids is that of a language', async () => {
    await using here = await comparedSource(awkwardIds, { locale: 'en-US' });
    const { rows } = await here.sql(
      `SELECT array_agg(_id ORDER BY _id) <> array_agg(_id ORDER BY _id COLLATE "C") AS other FROM v1.couchdb`,
    );
    expect(rows).toEqual([{ other: true }]);
    expect(await shown(compareSource(here.sides))).toEqual([]);
  });

  test('a tombstone whose id is too long for any row is not missed', async () => {
    // Random, so that no compression makes it fit.
    const id = randomBytes(6000).toString('base64url');
    await using here = await comparedSource([id]);
    expect(await shown(compareSource(here.sides))).toEqual([`parked ${id}`]);
    await here.source.remove(id);
    await synced(here.couchdb, here.database, here.source);
    expect(await shown(compareSource(here.sides))).toEqual([]);
  });

  test('names what is missing, stale and extra, on living documents and on tombstones', async () => {
    await using here = await comparedSource([
      'same',
      'lost',
      'older',
      'gone',
      'back',
      'lost tombstone',
      'older tombstone',
      'só ã😀',
    ]);
    for (const id of ['gone', 'lost tombstone', 'older tombstone']) await here.source.remove(id);
    await synced(here.couchdb, here.database, here.source);
    await here.sql(`DELETE FROM v1.couchdb WHERE _id IN ('lost', 'lost tombstone', 'só ã😀')`);
    await here.sql(`UPDATE v1.couchdb SET _rev = '1-x' WHERE _id IN ('older', 'older tombstone')`);
    await here.sql(`UPDATE v1.couchdb SET _deleted = NOT _deleted WHERE _id IN ('gone', 'back')`);
    await here.sql(
      `INSERT INTO v1.couchdb (_id, source, _rev, _deleted, doc, saved_timestamp) VALUES
         ('never', $1, '1-a', false, '{}', now()), ('never but deleted', $1, '1-a', true, '{}', now()),
         ('of another', 'host/other', '1-a', false, '{}', now()), ('of nobody', NULL, '1-a', false, '{}', now())`,
      here.sides.source,
    );
    expect(await shown(compareSource(here.sides))).toEqual([
      ...['extra never', 'missing lost', 'missing lost tombstone', 'missing só ã😀', 'stale back', 'stale gone'],
      ...['stale older', 'stale older tombstone'],
    ]);
  });

  test('tells both revisions', async () => {
    await using here = await comparedSource(['a']);
    await here.sql(`UPDATE v1.couchdb SET _rev = '9-x', _deleted = true`);
    const found = [];
    for await (const difference of compareSource(here.sides)) found.push(difference);
    const { _rev: rev } = await here.source.get('a');
    expect(found).toEqual([
      { kind: 'stale', id: 'a', couchdb: { rev, deleted: false }, postgres: { rev: '9-x', deleted: true } },
    ]);
  });

  test('knows rows of cht-sync v2 by the revision in the document', async () => {
    await using here = await comparedSource(['a', 'b']);
    await here.sql(`UPDATE v1.couchdb SET _rev = NULL`);
    await here.sql(`UPDATE v1.couchdb SET doc = doc || '{"_rev": "0-z"}' WHERE _id = 'b'`);
    expect(await shown(compareSource(here.sides))).toEqual(['stale b']);
  });

  test('finds documents under the keys they have where two sources share ids', async () => {
    await using here = await comparedSource(['shared', 'mine', 'z']);
    const other = await here.couchdb.createDatabase('other');
    await other.write({ _id: 'shared' }, { _id: 'mine' }, { _id: 'own' });
    await synced(here.couchdb, here.database, other);
    await using second = comparison(here.couchdb, here.database, other);
    expect(await shown(compareSource(second))).toEqual([]);
    await here.sql(`DELETE FROM v1.couchdb WHERE _id = 'shared@' || $1`, sourceName(here.couchdb, other));
    await here.sql(`UPDATE v1.couchdb SET _rev = '7-q' WHERE _id = 'mine@' || $1`, sourceName(here.couchdb, other));
    expect(await shown(compareSource(second))).toEqual(['missing shared', 'stale mine']);
    expect(await shown(compareSource(here.sides))).toEqual([]);
  });

  test('tells what was purged from what nobody has purged', async () => {
    await using here = await comparedSource(['kept', 'purged', 'purged tombstone', 'long ago']);
    await here.source.remove('purged tombstone');
    await synced(here.couchdb, here.database, here.source);
    for (const id of ['purged', 'purged tombstone']) await here.source.purge(id);
    await here.sql(`UPDATE v1.couchdb SET _id = 'unheard of' WHERE _id = 'long ago'`);
    expect(await shown(compareSource(here.sides))).toEqual(['extra unheard of', 'missing long ago', 'purged purged']);
  });

  test('names a parked document so, and only while its revision is the one that is parked', async () => {
    await using here = await comparedSource(['a']);
    const written = [
      { _id: 'too large', n: '#' },
      { _id: 'nul\0', n: 1 },
    ];
    if (here.couchdb.embedded === undefined) written.pop();
    await here.source.writeText(JSON.stringify(written).replace('"#"', '1e999999'));
    await synced(here.couchdb, here.database, here.source);
    const parked = written.map(({ _id }) => `parked ${_id}`).sort();
    expect(await shown(compareSource(here.sides))).toEqual(parked);
    await here.sql(`UPDATE v1.couchdb_rejected SET _rev = '0-x' WHERE _id = 'too large'`);
    expect(await shown(compareSource(here.sides))).toContain('missing too large');
  });
});
