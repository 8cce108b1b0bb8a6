import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffLines } from './line-diff.js';
import { mergeLines } from './merge.js';
import { reconcile } from './reconcile.js';
import { unifiedDiff } from './unified-diff.js';

const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 14 });
const text = (words: string) => words.split(' ');

test('the chunks of a difference lead from one text to the other', () => {
  fc.assert(
    fc.property(lines, lines, (from, to) => {
      const chunks = diffLines(from, to);
      expect(chunks.flatMap((chunk) => from.slice(chunk.from.start, chunk.from.end))).toEqual(from);
      expect(chunks.flatMap((chunk) => to.slice(chunk.to.start, chunk.to.end))).toEqual(to);
      for (const { same, ...chunk } of chunks) {
        if (same) expect(from.slice(chunk.from.start, chunk.from.end)).toEqual(to.slice(chunk.to.start, chunk.to.end));
      }
    }),
  );
});

test('a unified difference applied to a text gives the other', () => {
  fc.assert(
    fc.property(lines, lines, (from, to) => {
      expect(applied(from, unifiedDiff(from, to))).toEqual(to);
    }),
  );
});

function applied(from: readonly string[], diff: readonly string[]): string[] {
  const result: string[] = [];
  let at = 0;
  for (const line of diff) {
    const [, start, length] = /^@@ -(\d+),(\d+) /.exec(line) ?? [];
    if (start !== undefined) {
      const first = Number(length) === 0 ? Number(start) : Number(start) - 1;
      result.push(...from.slice(at, first));
      at = first;
    } else if (line.startsWith('+')) {
      result.push(line.slice(1));
    } else {
      expect(line.slice(1)).toBe(from[at]);
      if (line.startsWith(' ')) result.push(line.slice(1));
      at += 1;
    }
  }
  return [...result, ...from.slice(at)];
}

test('a merge takes what one side has changed, and what both have changed alike', () => {
  fc.assert(
    fc.property(lines, lines, (base, side) => {
      expect(mergeLines(base, side, base)).toEqual(side);
      expect(mergeLines(base, base, side)).toEqual(side);
      expect(mergeLines(base, side, side)).toEqual(side);
    }),
  );
  expect(mergeLines(text('a b c d e'), text('a X c d e'), text('a b c d e f'))).toEqual(text('a X c d e f'));
});

test('a merge of two sides is the same from both', () => {
  fc.assert(
    fc.property(lines, lines, lines, (base, mine, theirs) => {
      expect(mergeLines(base, mine, theirs)).toEqual(mergeLines(base, theirs, mine));
    }),
  );
});

test('lines that both have changed differently are no merge', () => {
  expect(mergeLines(text('a b c'), text('a X c'), text('a Y c'))).toBeUndefined();
  expect(mergeLines(text('a b c'), text('a b X'), text('a b Y'))).toBeUndefined();
});

test.each([
  ['a file that is not there is new', undefined, undefined, 'a', 'new'],
  ['one that the user has removed stays away', 'a', undefined, 'b', 'removed'],
  ['one that nobody has changed is the same', 'a', 'a', 'a', 'same'],
  ['one that the user alone has changed stays', 'a', 'mine', 'a', 'same'],
  ['one that only the generator changes is changed', 'a', 'a', 'b', 'changed'],
  ['changes to different lines are merged', 'a b c d', 'a b c mine', 'new b c d', 'merged'],
  ['changes to the same lines collide', 'a b c', 'a mine c', 'a new c', 'conflict'],
  ['a file of the same name that was not generated collides', undefined, 'mine', 'a', 'conflict'],
])('%s', (_, last, present, generated, kind) => {
  const versions = { last: last?.split(' '), present: present?.split(' '), generated: generated.split(' ') };
  expect(reconcile('models/x.sql', versions).kind).toBe(kind);
});

test('a merge that is no YAML any more is a collision', () => {
  const versions = {
    last: ['a: 1', '', 'b: 2', '', 'c: 3'],
    present: ['a: 1', 'x: "', 'b: 2', '', 'c: 3'],
    generated: ['a: 1', '', 'b: 2', '', 'c: 4'],
  };
  expect(reconcile('models/x.yml', versions).kind).toBe('conflict');
});
