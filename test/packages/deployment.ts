/** A document as CouchDB holds it, or a tombstone. */
type Document = Readonly<{ _id: string; type?: string; [field: string]: unknown }>;

const reported_date = 1_700_000_000_000;
const household = { type: 'contact', contact_type: 'household', reported_date };

function place(_id: string, type: string, parent?: string, more: Readonly<Record<string, unknown>> = {}): Document {
  return { _id, type, name: _id, reported_date, ...(parent === undefined ? {} : { parent: { _id: parent } }), ...more };
}

function hut(_id: string, area: string, more: Readonly<Record<string, unknown>> = {}): Document {
  return place(_id, 'contact', area, { ...household, ...more });
}

function report(_id: string, form: string, fields: Readonly<Record<string, unknown>>): Document {
  const contact = { _id: 'chw', parent: { _id: 'area-1', parent: { _id: 'district-1' } } };
  return { _id, type: 'data_record', form, fields, reported_date, contact };
}

/** The documents of a deployment. */
export const deployment: readonly Document[] = [
  place('district-1', 'district_hospital'),
  place('district-2', 'district_hospital'),
  place('area-1', 'health_center', 'district-1', { place_id: '1', population: '900' }),
  place('area-2', 'health_center', 'district-2', { place_id: '2', population: '' }),
  hut('hut-1', 'area-1', { name: 'Hut 1', uses_treated_water: 'true' }),
  hut('hut-2', 'area-1', { name: 'Hut 2', contact: { _id: 'john' } }),
  hut('hut-3', 'area-3', { name: 'Hut 3', uses_treated_water: 'false' }),
  hut('hut-4', 'area-1', { name: 'Hut 4' }),
  place('mary', 'person', 'hut-1', { sex: 'female', date_of_birth: '1990-02-03' }),
  place('john', 'person', 'hut-2', { sex: 'male', date_of_birth: '' }),
  place('jane', 'person', 'hut-3'),
  place('luke', 'person', 'hut-4'),
  report('pregnant-mary', 'pregnancy', { patient_id: 'mary', edd: '2026-05-06', danger_signs: 'no' }),
  report('pregnant-jane', 'pregnancy', { patient_id: 'jane', danger_signs: 'Yes' }),
  report('birth-1', 'birth', { birth_date: '2026-01-02' }),
  report('birth-2', 'birth', { birth_date: '2026-01-09' }),
  report('death-1', 'death', { death_date: '2026-02-03', cause: 'malaria' }),
  report('water-1', 'water', { treated: 'yes', place_id: 'hut-1' }),
];

/** The report that is deleted for good. */
export const deletion = 'death-1';

const tombstone = (_id: string): Document => ({ _id, _deleted: true });

/** What happens afterwards, a run of the models after each. */
export const laterChanges: readonly (readonly Document[])[] = [
  [
    // Edits, a change of form, a delete.
    hut('hut-2', 'area-1', { name: 'Hut two', contact: { _id: 'luke' } }),
    report('pregnant-jane', 'birth', { birth_date: '2026-03-04' }),
    report('birth-1', 'death', { death_date: '2026-01-03', cause: 'x' }),
    tombstone(deletion),
    // An ancestor that comes later than those below it.
    place('area-3', 'health_center', 'district-2', { place_id: '3' }),
  ],
  [
    // Moves: of a household, and of an area with all that is in it.
    hut('hut-1', 'area-2', { name: 'Hut 1', uses_treated_water: '' }),
    place('area-3', 'health_center', 'district-1', { place_id: '33' }),
    tombstone('birth-2'),
  ],
  [
    // Ancestors that go: one is deleted, one becomes another type, one is no contact any more.
    tombstone('hut-4'),
    place('area-1', 'clinic', 'district-1'),
    { _id: 'district-2', type: 'task' },
    report('birth-2', 'birth', { birth_date: '2026-01-10' }),
  ],
  [place('district-2', 'district_hospital'), report('water-1', 'water', { treated: 'no', place_id: 'hut-2' })],
];
