import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { middleId } from './middle-id.js';

const bytes = (id: string) => Buffer.from(id);

test('the middle of any two ids is behind the lower and not behind the higher', () => {
  const id = fc.oneof(fc.uuid(), fc.string({ unit: 'binary', minLength: 1 }), fc.stringMatching(/^task~[ab]{0,6}$/));
  fc.assert(
    fc.property(id, id, (a, b) => {
      const [low, high] = Buffer.compare(bytes(a), bytes(b)) < 0 ? [a, b] : [b, a];
      const middle = middleId(low, high);
      if (low === high) {
        expect(middle).toBeUndefined();
        return;
      }
      expect(Buffer.compare(bytes(low), bytes(middle ?? ''))).toBe(-1);
      expect(Buffer.compare(bytes(middle ?? ''), bytes(high))).toBeLessThanOrEqual(0);
    }),
    { numRuns: 2000 },
  );
});

test('random ids, and those behind a prefix they share, are cut into parts of which none is a small one', () => {
  for (const prefix of ['', 'task~org.couchdb.user:jane~']) {
    const ids = Array.from({ length: 1000 }, () => prefix + randomUUID()).sort();
    const middle = middleId(ids[0] ?? '', ids.at(-1) ?? '') ?? '';
    const below = ids.filter((id) => id < middle).length;
    expect(below).toBeGreaterThan(300);
    expect(below).toBeLessThan(700);
  }
});
