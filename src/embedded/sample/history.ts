import type { Entry, SampleDocument } from './documents.js';
import type { Random } from './random.js';

/** An entry with one more revision in which some fields differ. */
export function edited(entry: Entry, fields: Readonly<Record<string, unknown>>): Entry {
  const before = entry.later?.at(-1) ?? entry.document;
  return { ...entry, later: [...(entry.later ?? []), { ...before, ...fields }] };
}

/** An entry that ends as a tombstone: CHT keeps the body, other programs leave only the id. */
export function deleted(entry: Entry, withBody: boolean): Entry {
  const before = entry.later?.at(-1) ?? entry.document;
  const tombstone: SampleDocument = withBody ? { ...before, _deleted: true } : { _id: before._id, _deleted: true };
  return { ...entry, later: [...(entry.later ?? []), tombstone] };
}

/** Forms whose reports nothing else refers to, so that they may be deleted. */
const deletable = new Set<unknown>(['home_visit', 'assessment', 'pregnancy_home_visit', 'postnatal_visit']);

/**
 * What becomes of an ordinary document: 1 in 50 of the reports that may be is deleted, which is 1 in 100 of all documents;
 * 1 report in 25 is reviewed by the supervisor, and of these a third twice; 1 telephone in 12 gets another number.
 */
export function lived(random: Random, entry: Entry): Entry {
  const { document } = entry;
  if (document.type === 'person') {
    if (document.phone === '' || !random.chance(0.08)) return entry;
    const phone = String(document.phone);
    return edited(entry, { phone: phone.slice(0, -4) + random.digits(4) });
  }
  if (document.type !== 'data_record') return entry;
  if (deletable.has(document.form) && random.chance(0.02)) return deleted(entry, random.chance(0.7));
  if (!random.chance(0.04)) return entry;
  const reviewed = edited(entry, {
    verified: random.chance(0.85),
    verified_date: Number(document.reported_date) + random.integer(3_600_000, 600_000_000),
  });
  return random.chance(0.35)
    ? edited(reviewed, { verified: true, review_note: 'Called the household again.' })
    : reviewed;
}
