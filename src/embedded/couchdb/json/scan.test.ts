import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compact, elements, members } from './scan.js';
import { pretty } from './pretty.js';

const json = fc.jsonValue({ noUnicodeString: false, maxDepth: 4 });
const object = fc.dictionary(fc.string({ unit: 'binary' }), json);

test('an object is cut into members that mean the same, whatever is in it', () => {
  fc.assert(
    fc.property(object, (value) => {
      const found = members(JSON.stringify(value));
      expect(found.map(({ key, value: text }) => [key, JSON.parse(text) as unknown])).toEqual(
        Object.entries(JSON.parse(JSON.stringify(value)) as object),
      );
      expect(`{${found.map(({ text }) => text).join()}}`).toBe(JSON.stringify(value));
    }),
  );
});

test('a list is cut into elements that are the same text', () => {
  fc.assert(
    fc.property(fc.array(json), (value) => {
      expect(elements(JSON.stringify(value))).toEqual(value.map((element) => JSON.stringify(element)));
    }),
  );
});

test('whitespace between tokens goes, and nothing else, also after being spread over lines', () => {
  fc.assert(
    fc.property(json, (value) => {
      const text = JSON.stringify(value);
      expect(compact(JSON.stringify(value, undefined, ' \t'))).toBe(text);
      expect(compact(pretty(text))).toBe(text);
      expect(JSON.parse(pretty(text))).toEqual(JSON.parse(text));
    }),
  );
});

test('numbers, escapes and lone surrogates stay as they were written', () => {
  const text = String.raw`{ "a" : 1e400, "b":9007199254740993 ,"c":"\u0000\ud800\/\"", "d": 1.0 }`;
  expect(members(compact(text)).map(({ value }) => value)).toEqual([
    '1e400',
    '9007199254740993',
    String.raw`"\u0000\ud800\/\""`,
    '1.0',
  ]);
});
