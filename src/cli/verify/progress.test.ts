import { expect, test } from 'vitest';
import { inWords } from './progress.js';

test('a verification says in a few words how far it is and what it does', () => {
  const progress = { compared: 1234, read: 1234, total: 50_000, found: 0, doing: 'comparing' as const };
  expect(inWords({ ...progress, read: 0, total: 0, doing: 'sorting' })).toBe('PostgreSQL sorts its ids');
  expect(inWords(progress)).toBe('1,234 of 50,000');
  expect(inWords({ ...progress, doing: 'watching' })).toBe('1,234 of 50,000, looking again');
  expect(inWords({ ...progress, found: 7, doing: 'repairing' })).toBe('1,234 of 50,000, 7 differ, mending');
});
