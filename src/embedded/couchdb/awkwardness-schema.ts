import { z } from 'zod';
import type { Awkwardness, Effect } from './awkwardness.js';
import { badRequest } from './couch-error.js';

const count = z.int().nonnegative();
const pattern = z.string().refine(isRegularExpression, 'must be a regular expression');

const effect = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('status'), status: z.int().min(300).max(599), retryAfterSeconds: count.optional() }),
  z.strictObject({ kind: z.literal('html') }),
  z.strictObject({ kind: z.literal('hang'), afterBytes: count }),
  z.strictObject({ kind: z.literal('reset'), afterBytes: count }),
  z.strictObject({ kind: z.literal('cut'), afterBytes: count, terminated: z.boolean() }),
  z.strictObject({ kind: z.literal('delay'), ms: count }),
]) satisfies z.ZodType<Effect>;

const schema = z.strictObject({
  shuffle: z.boolean(),
  bouncingPrefix: z.boolean(),
  repeatRows: count,
  rewinds: count,
  rewindTo: z.enum(['start', 'half']),
  nullPending: z.boolean(),
  nullDocEvery: count,
  blankLineEvery: count,
  rowDelayMs: count,
  endAfterRows: count,
  endAfterMs: count,
  rowLayout: z.enum(['couchdb', 'reordered', 'pretty']),
  gzip: z.boolean(),
  sessionSeconds: z.int().positive(),
  faults: z.array(z.strictObject({ path: pattern, method: pattern.optional(), times: count, effect })),
}) satisfies z.ZodType<Awkwardness>;

/** @throws CouchError 400 naming what is wrong with the switches that somebody sent. */
export function checkedAwkwardness(value: unknown): Partial<Awkwardness> {
  const read = schema.partial().safeParse(value);
  if (!read.success) throw badRequest(z.prettifyError(read.error));
  const given = Object.entries(read.data).filter(([, setting]) => setting !== undefined);
  return Object.fromEntries(given);
}

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text).source !== '';
  } catch {
    return false;
  }
}
