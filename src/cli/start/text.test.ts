import { expect, test } from 'vitest';
import { bar, count, duration, fillLines, shellLines, shorten, table } from './text.js';

test('numbers and durations are for people', () => {
  expect([1234567, 0, null].map(count)).toEqual(['1,234,567', '0', '-']);
  expect([0.4, 999, 2345, 65_000, null].map(duration)).toEqual(['0 ms', '999 ms', '2.3 s', '1 min 5 s', '-']);
});

test('a bar is full only when all is done, and keeps its width whatever the numbers', () => {
  expect(bar(999, 1000, 10)).toBe('█████████░  99 %');
  expect(bar(5, 0, 4)).toBe('████ 100 %');
  expect(bar(20, 10, 4)).toBe('████ 100 %');
});

test('texts are cut with an ellipsis', () => {
  expect(shorten('abcdef', 4)).toBe('abc…');
  expect(shorten('abc', 4)).toBe('abc');
});

test('a table has columns of one width', () => {
  expect(
    table(
      [
        ['a', '1'],
        ['long', '100'],
      ],
      [1],
    ),
  ).toEqual(['a       1', 'long  100']);
});

test('a long command line goes on by a backslash, or by the pipe it ends with', () => {
  expect(shellLines(['one', 'two |', 'three', 'four'], 10)).toEqual(['one \\', 'two |', 'three \\', 'four']);
  expect(shellLines(['one', 'two'], 80)).toEqual(['one two']);
  expect(fillLines(['SELECT 1', 'WHERE true'], 12)).toEqual(['SELECT 1', 'WHERE true']);
});
