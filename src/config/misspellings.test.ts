import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, nearestFlag } from './misspellings.js';

test.each([
  ['abc', 'abc', 0],
  ['abc', 'abd', 1],
  ['abc', 'acb', 1],
  ['abc', '', 3],
  ['PASSWROD', 'PASSWORD', 1],
  ['kitten', 'sitting', 3],
])('from %s to %s it is %i', (one, other, distance) => {
  expect(editDistance(one, other)).toBe(distance);
});

test('the distance is the same both ways, and zero only for the same text', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (one, other) => {
      expect(editDistance(one, other)).toBe(editDistance(other, one));
      expect(editDistance(one, other) === 0).toBe(one === other);
    }),
  );
});

test('a mistyped flag is traced to the one that was meant; a secret to the flag of its file', () => {
  expect(nearestFlag('--couchdb-hots')).toBe('--couchdb-host');
  expect(nearestFlag('--postgres-pasword')).toBe('--postgres-password-file');
  expect(nearestFlag('--nothing-like-it')).toBeUndefined();
});
