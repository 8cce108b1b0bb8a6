import { describe, expect, test } from 'vitest';
import { parseChangesEnd, parseChangesRow } from './changes-row.js';

const parse = (text: string) => parseChangesRow(Buffer.from(text));

describe('parseChangesRow', () => {
  test('gives the text of the document as it came, numbers and all', () => {
    const doc = '{"_id":"a","_rev":"2-b","n":12345678901234567890,"x":1.0}';
    const row = parse(`{"seq":"3-xyz","id":"a","changes":[{"rev":"2-b"}],"doc":${doc}}`);
    expect(row).toMatchObject({ sequence: '3-xyz', id: 'a', rev: '2-b' });
    expect(row.document).toMatchObject({ id: 'a', rev: '2-b', deleted: false });
    expect(row.document?.text.toString()).toBe(doc);
  });

  test('knows a tombstone by the document, not by the row, and takes its newer revision', () => {
    const row = parse('{"seq":null,"id":"a","changes":[{"rev":"2-b"}],"doc":{"_id":"a","_rev":"3-c","_deleted":true}}');
    expect(row).toMatchObject({ sequence: null, rev: '2-b', document: { rev: '3-c', deleted: true } });
  });

  test('finds _deleted behind the body of a tombstone, and only at the top of it', () => {
    const row = (doc: object) => parse(JSON.stringify({ seq: '1-q', id: 'a', changes: [{ rev: '2-b' }], doc }));
    const body = { _id: 'a', _rev: '2-b', type: 'person', note: '"_deleted":true', inner: { _deleted: true } };
    expect(row({ ...body, _deleted: true }).document?.deleted).toBe(true);
    expect(row(body).document?.deleted).toBe(false);
  });

  test('is not misled by an id that looks like a part of a row', () => {
    const id = ',"doc":{"_id":"x","_rev":"9-z"}}';
    const doc = { _id: id, _rev: '1-a', note: ',"doc":' };
    const row = parse(JSON.stringify({ seq: '1-q', id, changes: [{ rev: '1-a' }], doc }));
    expect(row.document?.id).toBe(id);
    expect(JSON.parse(row.document?.text.toString() ?? '')).toEqual(doc);
  });

  test('is not misled by a document that has a member called doc', () => {
    const doc = { _id: 'a', _rev: '1-a', doc: { _id: 'b', _rev: '2-b' } };
    const row = parse(JSON.stringify({ seq: '1-q', id: 'a', changes: [{ rev: '1-a' }], doc }));
    expect(JSON.parse(row.document?.text.toString() ?? '')).toEqual(doc);
  });

  test('reads ids beyond ASCII', () => {
    const doc = { _id: 'ዓለም "x" 😀', _rev: '1-a' };
    const row = parse(JSON.stringify({ seq: '1-q', id: doc._id, changes: [{ rev: '1-a' }], doc }));
    expect(row).toMatchObject({ id: doc._id, document: { id: doc._id, rev: '1-a' } });
  });

  test('reads rows whose members stand in another order or with spaces', () => {
    const row = parse(
      '{ "doc": {"type":"x", "_rev":"1-a", "_deleted":false, "_id":"a"}, "id":"a", "changes":[{"rev":"1-a"}], "seq":7 }',
    );
    expect(row).toMatchObject({ sequence: '7', document: { id: 'a', rev: '1-a', deleted: false } });
  });

  test('gives no document for "doc":null', () => {
    expect(parse('{"seq":"1-a","id":"a","changes":[{"rev":"1-a"}],"doc":null}').document).toBeNull();
  });

  test('reads rows of a feed without documents', () => {
    const row = (text: string) => parseChangesRow(Buffer.from(text), false);
    expect(row('{"seq":"1-a","id":"a","changes":[{"rev":"1-a"}],"deleted":true}')).toEqual({
      ...{ sequence: '1-a', id: 'a', rev: '1-a', deleted: true, document: null },
    });
    expect(row('{"seq":null,"id":"é/\\"","changes":[{"rev":"1-a"}]}')).toEqual({
      ...{ sequence: null, id: 'é/"', rev: '1-a', deleted: false, document: null },
    });
  });

  test.each([
    '{}',
    '[]',
    'nonsense',
    '{"seq":"1","id":"a","changes":[],"doc":{}}',
    '{"seq":"1","id":"a","changes":[{"rev":"1-a"}]}',
  ])('refuses what is no row: %s', (text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'COUCHDB_ANSWER_INVALID' }));
  });
});

test('the end of a response has the last sequence, and what is pending where CouchDB says it', () => {
  expect(parseChangesEnd('{"last_seq":"5-a","pending":3}')).toEqual({ lastSequence: '5-a', pending: 3 });
  expect(parseChangesEnd('{"last_seq":5,"pending":null}')).toEqual({ lastSequence: '5', pending: null });
  expect(parseChangesEnd('{"last_seq":"5-a"}')?.pending).toBeUndefined();
  expect(parseChangesEnd('{"error":"timeout"}')).toBeUndefined();
  expect(parseChangesEnd('{"last_seq":"5-')).toBeUndefined();
});
