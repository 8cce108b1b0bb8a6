import { describe, expect, test } from 'vitest';
import { parseAllDocsRow, parseKeyRow } from './all-docs-row.js';

const parse = (text: string) => parseAllDocsRow(Buffer.from(text));

describe('parseAllDocsRow', () => {
  test('gives the text of the document as it came, numbers and all', () => {
    const doc = '{"_id":"a","_rev":"2-b","n":12345678901234567890,"x":1.0}';
    const row = parse(`{"id":"a","key":"a","value":{"rev":"2-b"},"doc":${doc}}`);
    expect(row).toMatchObject({ id: 'a', rev: '2-b', document: { id: 'a', rev: '2-b', deleted: false } });
    expect(row.document?.text.toString()).toBe(doc);
  });

  test('reads a row without its document, and one whose document could not be read', () => {
    const row = { id: 'a', rev: '2-b', document: null };
    expect(parse('{"id":"a","key":"a","value":{"rev":"2-b"}}')).toEqual(row);
    expect(parse('{"id":"a","key":"a","value":{"rev":"2-b"},"doc":null}')).toEqual(row);
  });

  test.each(['ዓለም "x" 😀', '_design/a+b', 'a/b\\c', ',"doc":{"_id":"x","_rev":"9-z"}}', '__proto__', '\u0000'])(
    'reads the id %s',
    (id) => {
      const doc = { _id: id, _rev: '1-a', doc: { _deleted: true }, note: ',"doc":' };
      const row = parse(JSON.stringify({ id, key: id, value: { rev: '1-a' }, doc }));
      expect(row).toMatchObject({ id, rev: '1-a', document: { id, rev: '1-a', deleted: false } });
      expect(JSON.parse(row.document?.text.toString() ?? '')).toEqual(doc);
      expect(parse(JSON.stringify({ id, key: id, value: { rev: '1-a' } }))).toEqual({ id, rev: '1-a', document: null });
    },
  );

  test.each(['{}', '[]', 'nonsense', '{"key":"a","error":"not_found"}', '{"id":"a","key":"a","value":{}}'])(
    'refuses what is no row: %s',
    (text) => {
      expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'COUCHDB_ANSWER_INVALID' }));
    },
  );
});

describe('parseKeyRow', () => {
  const keyed = (text: string) => parseKeyRow(Buffer.from(text));

  test('knows documents, tombstones and what is not there', () => {
    expect(keyed('{"id":"a","key":"a","value":{"rev":"1-a"}}')).toEqual({
      id: 'a',
      found: { rev: '1-a', deleted: false, document: null },
    });
    expect(keyed('{"id":"a","key":"a","value":{"rev":"2-a","deleted":true},"doc":null}')).toEqual({
      id: 'a',
      found: { rev: '2-a', deleted: true, document: null },
    });
    expect(keyed('{"key":"a","error":"not_found"}')).toEqual({ id: 'a', found: undefined });
  });

  test('does not take another error for a document that is not there', () => {
    expect(() => keyed('{"key":"a","error":"timeout"}')).toThrow(
      expect.objectContaining({ code: 'COUCHDB_ANSWER_INVALID' }),
    );
  });
});
