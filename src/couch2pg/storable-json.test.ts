import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { storableJson } from './storable-json.js';

const storable = (json: string) => {
  const { text, replaced } = storableJson(Buffer.from(json));
  return { text: text.toString(), replaced };
};

describe('storableJson', () => {
  test('passes a document without escapes through as the same bytes', () => {
    const json = Buffer.from('{"name":"Amina Nabwire ✓","n":12345678901234567890}');
    expect(storableJson(json).text).toBe(json);
  });

  test('takes an escaped U+0000 out and counts it', () => {
    expect(storable(String.raw`{"a":"x\u0000y\u0000"}`)).toEqual({ text: '{"a":"xy"}', replaced: 2 });
  });

  test('leaves an escaped backslash before u0000 alone', () => {
    const path = String.raw`{"a":"C:\\u0000x"}`;
    expect(storable(path)).toEqual({ text: path, replaced: 0 });
    expect(storable(String.raw`{"a":"C:\\\u0000x"}`)).toEqual({ text: String.raw`{"a":"C:\\x"}`, replaced: 1 });
  });

  test('replaces lone surrogates and keeps pairs', () => {
    expect(storable(String.raw`"\ud83d\ude00"`).replaced).toBe(0);
    expect(storable(String.raw`"\ud83d"`).text).toBe(String.raw`"\ufffd"`);
    expect(storable(String.raw`"\uDE00\uD83D x"`)).toEqual({ text: String.raw`"\ufffd\ufffd x"`, replaced: 2 });
    expect(storable(String.raw`"\ud83d\n\ude00"`).text).toBe(String.raw`"\ufffd\n\ufffd"`);
  });

  test('replaces bytes that are no UTF-8', () => {
    const { text, replaced } = storableJson(Buffer.from([0x22, 0x61, 0xff, 0x22]));
    expect([text.toString(), replaced]).toEqual(['"a\ufffd"', 1]);
    expect(storableJson(Buffer.from([0x22, 0xef, 0xbf, 0xbd, 0xc0, 0x80, 0x22])).replaced).toBe(2);
  });

  test('leaves what is no escape for PostgreSQL to refuse', () => {
    for (const json of [String.raw`"\u00zz"`, String.raw`"\u00"`, String.raw`"\u 000"`]) {
      expect(storable(json)).toEqual({ text: json, replaced: 0 });
    }
  });

  test('replaces in keys, but leaves all as it is where two members would get one key', () => {
    expect(storable(String.raw`{"a\u0000b" : 1}`)).toEqual({ text: '{"ab" : 1}', replaced: 1 });
    expect(storable(String.raw`[{"a\u0000":1},{"a\u0000":2},{"a":3}]`).replaced).toBe(2);
    for (const json of [
      String.raw`{"ab":1,"x":["\u0000"],"a\u0000b":2}`,
      String.raw`{"x":{"\ud800":1,"\udc00":2}}`,
      String.raw`{"\u0061b":1,"a\u0000b\"":2,"a\u0000b":"\u0000"}`,
    ]) {
      expect(storable(json)).toEqual({ text: json, replaced: 0 });
    }
  });

  test('gives for any strings what taking U+0000 out and mending surrogates in the parsed value gives', () => {
    const unit = fc.oneof(
      fc.constantFrom('\0', '\ud83d', '\ude00', '\\', 'u0000', '"', '\n', '😀', '\ufffd'),
      fc.string({ unit: 'grapheme' }),
    );
    const value = fc.array(unit).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.dictionary(value, value), (document) => {
        const mend = (text: string) => Buffer.from(text).toString().replaceAll('\0', '');
        const expected = Object.fromEntries(Object.entries(document).map(([key, text]) => [mend(key), mend(text)]));
        const escaped = JSON.stringify(document).replaceAll(/[^\x20-\x7e]/g, (character) =>
          character
            .split('')
            .map((codeUnit) => `\\u${codeUnit.charCodeAt(0).toString(16).padStart(4, '0')}`)
            .join(''),
        );
        const collides = Object.keys(expected).length < Object.keys(document).length;
        expect(JSON.parse(storable(escaped).text)).toEqual(collides ? document : expected);
      }),
      { numRuns: 500 },
    );
  });
});
