import type { SampleDocument } from './documents.js';
import { Random } from './random.js';

/** What documents for a benchmark are made from. */
export interface KiloByteOptions {
  readonly count: number;
  readonly seed?: number;
  /** The length of each as JSON, in bytes; shorter than about 600 cannot be. */
  readonly bytes?: number;
}

/** The time of the first; the others follow a minute each. */
const firstReported = 1_700_000_000_000;

/**
 * Reports of a set size, for benchmarks: all alike but for their ids, times and answers, and cheap to make. They have no
 * `_rev`, so they are written as new documents.
 */
export function* kiloByteDocuments({ count, seed = 1, bytes = 1000 }: KiloByteOptions): Generator<SampleDocument> {
  const random = new Random(seed, 0x6b42);
  const worker = { _id: random.uuid(), parent: { _id: random.uuid(), parent: { _id: random.uuid() } } };
  const draw = (i: number, padding: string): SampleDocument => ({
    _id: random.uuid(),
    type: 'data_record',
    form: 'assessment',
    content_type: 'xml',
    reported_date: firstReported + i * 60_000,
    contact: worker,
    from: '+254700000001',
    fields: {
      patient_id: String(10_000_000 + (i % 80_000_000)),
      patient_uuid: random.uuid(),
      fever: { has_fever: random.chance(0.5) ? 'yes' : 'no ', temperature: 36 + random.integer(1, 9) / 10 },
      note: padding,
    },
  });
  const padding = Math.max(0, bytes - Buffer.byteLength(JSON.stringify(draw(0, ''))));
  const text = filling(random, padding + 1024);
  for (let i = 0; i < count; i += 1) {
    const from = random.integer(0, 1023);
    yield draw(i, text.slice(from, from + padding));
  }
}

/** Words that do not compress to nothing. */
function filling(random: Random, length: number): string {
  let text = '';
  while (text.length < length) text += `${random.hex(1).slice(0, random.integer(2, 8))} `;
  return text.slice(0, length);
}
