import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linesOf, textOf } from './lines.js';
import { mergeLines } from './merge.js';
import { reconcile } from './reconcile.js';
import { unifiedDiff } from './unified-diff.js';

const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 14 });
const text = (words: string) => words.split(' ');

test('a unified difference applied to a text gives the other', () => {
  fc.assert(
    fc.property(lines, lines, (from, to) => {
      expect(applied(textOf(from), unifiedDiff(from, to))).toBe(textOf(to));
    }),
  );
});

function applied(text: string, diff: readonly string[]): string {
  const from = text.split(/(?<=\n)/).filter((line) => line !== '');
  const result: string[] = [];
  let at = 0;
  for (const [index, line] of diff.entries()) {
    const [, start, length] = /^@@ -(\d+),(\d+) /.exec(line) ?? [];
    const content = `${line.slice(1)}${diff[index + 1]?.startsWith('\\') === true ? '' : '\n'}`;
    if (start !== undefined) {
      const first = Number(length) === 0 ? Number(start) : Number(start) - 1;
      result.push(...from.slice(at, first));
      at = first;
    } else if (line.startsWith('+')) {
      result.push(content);
    } else if (!line.startsWith('\\')) {
      expect(content).toBe(from[at]);
      if (line.startsWith(' ')) result.push(content);
      at += 1;
    }
  }
  return [...result, ...from.slice(at)].join('');
}

test('a unified difference says of a last line whether it is ended', () => {
  expect(unifiedDiff(linesOf('a\nb\n'), linesOf('a\nb'))).toEqual(['@@ -1,2 +1,2 @@', ' a', '-b', '+b', '\\ No newline at end of file']); // prettier-ignore
  expect(unifiedDiff(linesOf('a\n'), linesOf('a\r\n'))).toEqual([]);
});

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

test('a merge has all that a side has added, in its order', () => {
  const edited = (name: string) =>
    fc.array(fc.tuple(fc.boolean(), fc.nat(2)), { minLength: 15, maxLength: 15 }).map((edits) => ({ name, edits }));
  const apply = (base: readonly string[], { name, edits }: { name: string; edits: readonly [boolean, number][] }) =>
    edits.flatMap(([isKept, added], index) => [
      ...Array.from({ length: added }, (_, number) => `${name} ${index} ${number}`),
      ...base.slice(index, isKept ? index + 1 : index),
    ]);
  fc.assert(
    fc.property(lines, edited('mine'), edited('theirs'), (base, one, other) => {
      const [mine, theirs] = [apply(base, one), apply(base, other)];
      const merged = mergeLines(base, mine, theirs);
      if (merged === undefined) return;
      for (const [name, side] of [
        ['mine', mine],
        ['theirs', theirs],
      ] as const) {
        expect(merged.filter((line) => line.startsWith(name))).toEqual(side.filter((line) => line.startsWith(name)));
      }
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

test('line ends of Windows are no edit; a last line that the user has not ended stays so', () => {
  const last = linesOf('a\nb\nc\n');
  const generated = linesOf('new\nb\nc\n');
  expect(reconcile('x.sql', { last, present: linesOf('a\r\nb\r\nc\r\n'), generated }).kind).toBe('changed');
  const outcome = reconcile('x.sql', { last, present: linesOf('a\nb\nc'), generated });
  expect(outcome).toEqual({ kind: 'merged', lines: linesOf('new\nb\nc') });
});
