import { sampleData } from '../../src/embedded/index.js';

/** A document as it is saved. */
export type Document = Readonly<{ _id: string; type?: string; form?: string; [field: string]: unknown }>;

/** What the database `medic` of the sample holds in the end, by id. */
export function sampleDocuments(documents: number): Map<string, Document> {
  const last = new Map<string, Document>();
  const sample = sampleData({ documents, seed: 1, now: new Date('2026-01-15T12:00:00Z') });
  for (const { database, documents: batch } of sample) {
    if (database === 'medic') for (const document of batch) last.set(document._id, document);
  }
  // PostgreSQL holds no U+0000, which couch2pg takes out, and writes numbers that it cannot hold as JavaScript does otherwise.
  for (const id of ['awkward-nul', 'awkward-numbers']) last.delete(id);
  return last;
}

const reportedDate = Date.UTC(2026, 0, 10);

/** Reports of a form that nobody could name worse, with repeats in repeats. */
export const oddForm = `Ünï'cödé "{{ form }}" {% x`;
export const oddReports: readonly Document[] = [
  {
    ...{ _id: 'odd-1', type: 'data_record', form: oddForm, reported_date: reportedDate },
    fields: {
      select: 'yes',
      'Select?': '3',
      user: { order: '2026-01-02', Order: 'x' },
      '{{ evil }}': 'a',
      [`it's "quoted" \\ {% raw %}`]: 'b',
      ማርያም: 'c',
      null: 7,
      position: 1,
      [`very_${'long_'.repeat(20)}name`]: 1.5,
      [`very_${'long_'.repeat(20)}game`]: 2,
      house: [
        {
          number: '1',
          uuid: 'h1',
          person: [
            { name: 'A', age: 1 },
            { name: 'B', age: '2' },
          ],
        },
        { number: '2', uuid: 'h2', person: { name: 'C', age: '' } },
      ],
    },
  },
  {
    ...{ _id: 'odd-2', type: 'data_record', form: oddForm, reported_date: reportedDate },
    fields: { select: 'no', house: [], list: ['a', 'b'], when: reportedDate, visit_time: reportedDate, empty: '' },
  },
];

/** A report with a field that no report of its form had before. */
export const laterReport: Document = {
  ...{ _id: 'later', type: 'data_record', form: 'pregnancy', reported_date: reportedDate },
  fields: { patient_id: '1', lmp_date: 'unknown', obstetric: { gravida: '2', para: '1' } },
};

/** Reports with values that are not what their columns are made for, and what is told of them. */
export const malformedReports: readonly Document[] = [
  {
    ...{ _id: 'malformed', type: 'data_record', form: 'pregnancy_home_visit', reported_date: reportedDate },
    fields: { edd: '2024-02-31', visit_number: 'two', referral: 'perhaps' },
  },
  {
    ...{ _id: 'malformed-element', type: 'data_record', form: 'home_visit', reported_date: reportedDate },
    fields: { members: [{ well: 'yes' }, { well: 'no idea' }] },
  },
];
export const malformedValues = [
  ['malformed', 'form_pregnancy_home_visit', 'edd', '2024-02-31'],
  ['malformed', 'form_pregnancy_home_visit', 'referral', 'perhaps'],
  ['malformed', 'form_pregnancy_home_visit', 'visit_number', 'two'],
  ['malformed-element', 'form_home_visit_members', 'well', 'no idea'],
];
