import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isValidName, nameOf, uniqueNames } from './naming.js';

test.each([
  [['group', 'field'], 'group_field'],
  [['instanceID'], 'instance_id'],
  [['Danger signs?'], 'danger_signs'],
  [['clé', 'é'], 'cle_e'],
  [['user'], 'user_field'],
  [['2nd_visit'], '_2nd_visit'],
  [['ማርያም'], 'field'],
])('%j is called %s', (path, name) => {
  expect(nameOf(path)).toBe(name);
});

test('a name is valid, whatever the fields are called', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 90 }), { maxLength: 4 }),
      fc.constantFrom(50, 63),
      (path, longest) => {
        expect(isValidName(nameOf(path, longest), longest)).toBe(true);
      },
    ),
  );
});

describe('names of many', () => {
  const wanted = fc.uniqueArray(fc.string({ maxLength: 70 }), { maxLength: 30 }).map((keys) => new Map(keys.map((key) => [key, nameOf([key.slice(0, 66)])]))); // prettier-ignore
  const taken = ['uuid', 'field', 'a'];

  test('are valid, unique, and none that is taken', () => {
    fc.assert(
      fc.property(wanted, (names) => {
        const given = [...uniqueNames(names, { taken }).values()];
        expect(given).toHaveLength(names.size);
        expect(new Set([...given, ...taken]).size).toBe(given.length + taken.length);
        expect(given.filter((name) => !isValidName(name))).toEqual([]);
      }),
    );
  });

  test('stay when others come and go', () => {
    fc.assert(
      fc.property(wanted, wanted, (before, after) => {
        const kept = uniqueNames(before, { taken });
        const now = uniqueNames(after, { kept, taken });
        for (const [key, name] of kept) if (after.has(key)) expect(now.get(key)).toBe(name);
        expect(new Set(now.values()).size).toBe(now.size);
      }),
    );
  });

  test('that collide are numbered in the order of their keys', () => {
    const colliding = new Map([
      ['b', 'same'],
      ['a', 'same'],
      ['c', 'uuid'],
    ]);
    expect([...uniqueNames(colliding, { taken })].sort()).toEqual([
      ['a', 'same'],
      ['b', 'same_2'],
      ['c', 'uuid_2'],
    ]);
  });
});
