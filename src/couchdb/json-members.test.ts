import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonMembers, withoutMembers } from './json-members.js';

test('the members of any object are those that JSON.parse finds, however it is laid out', () => {
  const object = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue());
  fc.assert(
    fc.property(object, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
      const text = Buffer.from(JSON.stringify(value, null, indent));
      const found = [...jsonMembers(text)].map(({ key, valueStart, end }) => [
        key,
        JSON.parse(text.toString('utf8', valueStart, end)) as unknown,
      ]);
      expect(found).toEqual(Object.entries(JSON.parse(text.toString()) as object));
    }),
    { numRuns: 500 },
  );
});

test('leaving members out keeps the others byte for byte', () => {
  const text = Buffer.from('{"a":1.0e5 ,"secret":{"x":["}"]},"b":12345678901234567890}');
  expect(withoutMembers(text, new Set(['secret'])).toString()).toBe('{"a":1.0e5,"b":12345678901234567890}');
  expect(withoutMembers(Buffer.from('{"secret":1}'), new Set(['secret'])).toString()).toBe('{}');
  expect(withoutMembers(text, new Set(['none']))).toBe(text);
});

test.each(['', '[]', '{', '{"a"', '{"a":', '{"a":1', '{"a":"x', '{"a":{"b":1}', '{a:1}'])(
  'text that is no whole object is refused: %s',
  (text) => {
    expect(() => [...jsonMembers(Buffer.from(text))]).toThrow(SyntaxError);
  },
);
