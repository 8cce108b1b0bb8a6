import type { TestDocument } from '../../support/couchdb.js';

const noon = Date.UTC(2026, 0, 15, 12);

/** A place or person of the types that every CHT has. */
const contact = (_id: string, type: string, parent: unknown, more: Readonly<Record<string, unknown>> = {}) => ({
  _id,
  type,
  name: `${type} ${_id}`,
  reported_date: noon,
  ...(parent === undefined ? {} : { parent }),
  ...more,
});

/** A contact of a type that the settings name. */
const configured = (_id: string, contactType: string, parent: unknown, more: Readonly<Record<string, unknown>> = {}) =>
  contact(_id, 'contact', parent, { contact_type: contactType, ...more });

const district = { _id: 'district' };
const center = { _id: 'center', parent: district };
const household = { _id: 'household', parent: center };
const worker = { _id: 'worker', parent: center };

const report = (_id: string, form: string, fields: unknown, more: Readonly<Record<string, unknown>> = {}) => ({
  _id,
  type: 'data_record',
  form,
  from: '+254700000001',
  reported_date: noon + 1234,
  contact: worker,
  fields,
  ...more,
});

/** The settings of a CHT, with these types of contacts. */
export const settings = (...contactTypes: readonly { id: string; person?: boolean }[]): TestDocument => ({
  _id: 'settings',
  settings: { contact_types: contactTypes, locale: 'sw' },
});

/** A small deployment, as the database `medic` of a CHT holds it. */
export const medicDocuments: readonly TestDocument[] = [
  settings({ id: 'c10_region' }, { id: 'c80_patient', person: true }, { id: 'c90_unused', person: true }),
  { _id: '_design/x', language: 'javascript', views: { all: { map: 'function (doc) { emit(doc._id); }' } } },
  {
    ...{ _id: 'org.couchdb.user:jane', type: 'user-settings', name: 'jane', roles: ['chw'], contact_id: 'worker' },
    ...{ derived_key: 'd3rivedk3y', salt: 'p3pp3rs4lt', password_scheme: 'pbkdf2', iterations: 10 },
  },
  contact('district', 'district_hospital', undefined, { place_id: '10001', contact: { _id: 'supervisor' } }),
  contact('center', 'health_center', district, { place_id: '20001', contact_id: 'worker', is_active: true }),
  contact('household', 'clinic', center, { notes: 'near the well 💧', muted: '' }),
  contact('muted-household', 'clinic', center, { muted: '2026-01-10T08:00:00.000Z', is_active: false }),
  contact('worker', 'person', center, { phone: '+254700000001', sex: 'female', alternative_phone: '0700' }),
  contact('supervisor', 'person', district, { phone: '+254700000002', patient_id: null }),
  contact('jane', 'person', household, { patient_id: '60001', sex: 'female', date_of_birth: '1991-02-03' }),
  contact('number-for-name', 'person', household, { name: 12345, patient_id: 60002 }),
  configured('region', 'c10_region', undefined, { place_id: '30001' }),
  configured('patient', 'c80_patient', { _id: 'region' }, { patient_id: '60003', sex: 'male' }),
  configured('stranger', 'not_configured', { _id: 'region' }, { reported_date: String(noon) }),
  report('pregnancy', 'pregnancy', {
    patient_uuid: 'jane',
    group: { lmp_date: '2025-12-01', risks: ['a', null, 1.5] },
  }),
  report('visit', 'home_visit', { place_id: 'household', patient_id: null, patient_uuid: 'patient' }),
  report('sms', 'V', { patient_id: '60001' }, { patient_id: '60003', place_id: '20001', contact: null }),
  report('no-form', 'x', undefined, { form: null, contact: { _id: 'gone' }, reported_date: 'yesterday' }),
  report('photo', 'photo', {}, { _attachments: { photo: { content_type: 'image/png', data: 'iVBORw0KGgo=' } } }),
  report('null-character', 'note', { note: 'before\u0000after', deep: [{ 'k\u0000': '\u0000' }], kept: '\\u0000' }),
  { _id: 'task~1', type: 'task', state: 'Ready', emission: { dueDate: '2026-02-01' } },
  { _id: 'no-type', value: 'ü€😀', nested: { empty: {}, list: [] } },
];

/** A document with a whole number that a double cannot hold, as text: JSON.stringify cannot write it. */
export const largeNumber =
  '{"_id":"large-number","type":"data_record","fields":{"n":9007199254740993,"list":[-12345678901234567890]}}';

/** A document with half a surrogate pair, which CouchDB itself refuses. */
export const loneSurrogate = String.raw`{"_id":"lone-surrogate","type":"data_record","form":"a\ud800b","fields":{"note":"\udc00"}}`;

/** Another database of the same server, with ids that the first one has as well. */
export const otherDocuments: readonly TestDocument[] = [
  settings({ id: 'c10_region' }, { id: 'd20_ward' }),
  { _id: '_design/x', language: 'javascript', views: {} },
  { _id: 'org.couchdb.user:jane', type: 'user-settings', name: 'jane of the other', roles: [] },
  contact('jane', 'person', { _id: 'ward' }, { name: 'another Jane', patient_id: '70001' }),
  configured('ward', 'd20_ward', undefined, { contact: { _id: 'jane' } }),
  report('pregnancy', 'pregnancy', { patient_id: 'jane' }, { contact: { _id: 'jane', parent: { _id: 'ward' } } }),
  { _id: 'only-here', type: 'feedback', info: { message: 'it broke' } },
];
