import type { IncomingHttpHeaders } from 'undici/types/header.js';

/**
 * How long an answer asks to be left alone, in milliseconds; undefined when it does not, or in no way that HTTP knows
 * (RFC 9110, 10.2.3: seconds, or a date). A date counts from the answer's own, so that no clock but the server's matters.
 */
export function retryAfterMs(headers: IncomingHttpHeaders): number | undefined {
  const asked = headers['retry-after'];
  if (typeof asked !== 'string') return undefined;
  if (/^\d+$/.test(asked)) return Number(asked) * 1000;
  const wait = Date.parse(asked) - Date.parse(String(headers.date));
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}
