import { expect, test } from 'vitest';
import { retryAfterMs } from './retry-after.js';

const date = 'Fri, 27 Nov 2026 08:00:00 GMT';

test.each([
  [{ 'retry-after': '7' }, 7_000],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': 'Fri, 27 Nov 2026 08:01:30 GMT', date }, 90_000],
  [{ 'retry-after': 'Fri, 27 Nov 2026 07:00:00 GMT', date }, 0],
])('%j asks for a pause of %d ms', (headers, expected) => {
  expect(retryAfterMs(headers)).toBe(expected);
});

test.each([
  {},
  { 'retry-after': 'soon', date },
  { 'retry-after': '-3' },
  { 'retry-after': 'Fri, 27 Nov 2026 08:01:30 GMT' },
])('%j asks for nothing', (headers) => {
  expect(retryAfterMs(headers)).toBeUndefined();
});
