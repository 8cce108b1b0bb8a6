import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { Body } from '../models.js';
import type { Documents } from './couch2pg.js';

const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

const malformed = fc.jsonValue({ maxDepth: 2 });
const reportedDate = fc.oneof(
  fc.integer({ min: 1_600_000_000_000, max: 1_800_000_000_000 }),
  fc.constantFrom('', '1700000000123', 'yesterday', 1.5e300, -1, 17e14, 1_700_000_000_000.25, null, true),
  malformed,
);
/** Longer than a row of an index may be, also when it is compressed. */
const long = Array.from({ length: 50 }, (_, n) => createHash('sha256').update(String(n)).digest('hex')).join('');
const shortId = fc.constantFrom('', '1', '1', 5, null, long);
const lineage = fc.oneof(
  fc.record({ _id: fc.constantFrom(...ids), parent: fc.record({ _id: fc.constantFrom(...ids) }) }),
  malformed,
);

const contact = fc.record(
  {
    type: fc.constantFrom('person', 'person', 'clinic', 'contact', 'contact', 'contact'),
    contact_type: fc.constantFrom('chw', 'chw', 'hut', 'hut', null, long),
    reported_date: reportedDate,
    parent: lineage,
    contact: lineage,
    name: malformed,
    muted: fc.constantFrom('', '2026-01-01', null),
    patient_id: shortId,
    place_id: shortId,
  },
  { requiredKeys: ['type'] },
);
const report = fc.record(
  {
    type: fc.constant('data_record'),
    form: fc.constantFrom('visit', 'visit', 'birth', 'birth', null, long),
    reported_date: reportedDate,
    contact: lineage,
    patient_id: shortId,
    fields: fc.oneof(
      fc.record(
        {
          patient_id: fc.constantFrom('1', '2'),
          weight: fc.oneof(fc.constantFrom(3, '3.5', ' 4 ', 'heavy', '1e400'), malformed),
          born: fc.oneof(fc.constantFrom('2026-02-28', '2026-02-30', 'soon', ''), malformed),
        },
        { requiredKeys: [] },
      ),
      malformed,
    ),
  },
  { requiredKeys: ['type', 'form'] },
);
const ofUsers = fc.oneof(
  fc.record({
    type: fc.constant('user-settings'),
    contact_id: fc.constantFrom(...ids, null),
    language: malformed,
    roles: fc.oneof(fc.constant(['chw']), malformed),
  }),
  fc.record({ type: fc.constant('feedback'), meta: malformed, info: malformed }),
  fc.record({
    type: fc.constant('telemetry'),
    metadata: fc.oneof(
      fc.record({
        year: fc.oneof(fc.constantFrom(2025, 2026, '2026'), malformed),
        month: fc.oneof(fc.constantFrom(0, 2, 12, ''), malformed),
        day: fc.constantFrom(1, 31, null),
        versions: fc.record({ app: fc.constantFrom('3.7.2', '4.5.0', null) }),
      }),
      malformed,
    ),
    metrics: malformed,
    device: malformed,
  }),
);
const other = fc.record({ type: fc.oneof(fc.constantFrom('form', 'task', null, long), malformed) });

const document: fc.Arbitrary<Body> = fc.oneof(
  { weight: 6, arbitrary: contact },
  { weight: 5, arbitrary: report },
  { weight: 2, arbitrary: ofUsers },
  { weight: 1, arbitrary: other },
  { weight: 3, arbitrary: fc.constant(null) },
);

const settings: fc.Arbitrary<Body> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      // Which of them are configured, and as what: of many in a list, one that is a person would nearly always be among them.
      settings: fc
        .record(
          { chw: fc.boolean(), hut: fc.boolean(), clinic: fc.boolean(), person: fc.boolean() },
          { requiredKeys: [] },
        )
        .map((types) => ({ contact_types: Object.entries(types).map(([id, person]) => ({ id, person })) })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ settings: malformed }) },
  { weight: 1, arbitrary: fc.constant(null) },
);

/** The documents that exist throughout, and whose edits move them to no other model. */
const steadyBodies: Record<string, NonNullable<Body>> = {
  'steady:person': { type: 'person', patient_id: '70', sex: 'female' },
  'steady:place': { type: 'district_hospital', place_id: '71' },
  'steady:contact': { type: 'contact', contact_type: 'nothing that settings name' },
  'steady:visit': { type: 'data_record', form: 'visit', fields: { patient_id: '70', weight: 3 } },
  'steady:birth': { type: 'data_record', form: 'birth', fields: { patient_id: '70' } },
  'org.couchdb.user:steady': { type: 'user-settings', roles: ['chw'] },
  'steady:feedback': { type: 'feedback', meta: { source: 'x' }, info: { message: 'y' } },
  'steady:telemetry': { type: 'telemetry', metadata: { year: 2026, month: 2, day: 1, versions: { app: '4.5.0' } } },
};
export const steadyIds = Object.keys(steadyBodies);

/** All of the steady documents, in one of their editions. */
export function steadyDocuments(edition: number): Documents {
  const edit = { name: `Edition ${edition}`, reported_date: 1_700_000_000_000 + edition, parent: { _id: 'a' } };
  return Object.fromEntries(steadyIds.map((id) => [id, { ...steadyBodies[id], ...edit }]));
}

/** Some documents, new or edited or deleted, of any type; at times the settings. */
export const someDocuments: fc.Arbitrary<Documents> = fc
  .record({
    written: fc.dictionary(fc.constantFrom(...ids), document, { minKeys: 1, maxKeys: 6 }),
    settings: fc.option(settings, { freq: 2, nil: undefined }),
    steady: fc.option(fc.nat(1000), { freq: 2, nil: undefined }),
  })
  .map(({ written, settings, steady }) => ({
    ...written,
    ...(settings === undefined ? {} : { settings }),
    ...(steady === undefined ? {} : steadyDocuments(steady)),
  }));
