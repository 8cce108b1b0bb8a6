import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startDbt } from '../support/dbt.js';
import { createDocuments, models, type Body } from './models.js';

const v1 = { schema: 'v1' };
const megabytes = 'x'.repeat(2_000_000);
const reference = { _id: 'a', parent: { _id: 'b', parent: { _id: 'c' } } };

/** Documents by key, and the columns of models that they leave malformed. */
const documents: Readonly<Record<string, readonly [body: NonNullable<Body>, ...columns: string[]]>> = {
  'right:person': [{ type: 'person', name: 'A', reported_date: 1_700_000_000_000, parent: reference, patient_id: 7 }],
  'right:place': [{ type: 'clinic', parent: '', contact: null, reported_date: '', place_id: '' }],
  'right:report': [{ type: 'data_record', form: 'x', reported_date: '1700000000000', contact: reference, fields: {} }],
  'right:empty': [{ type: 'data_record' }],
  'right:user': [{ type: 'user-settings', facility_id: ['a', 'b'] }],
  'right:telemetry': [{ type: 'telemetry', metadata: { year: '', month: null }, metrics: { boot_time: { count: 1 } } }],
  'right:feedback': [{ type: 'feedback', info: 'slow', meta: {} }],
  'contact:date': [{ type: 'person', reported_date: 'soon' }, 'contact.reported'],
  'contact:list': [
    { type: 'person', parent: [reference], contact_type: {} },
    'contact.contact_type',
    'contact.parent_uuid',
  ],
  'contact:huge': [
    { type: 'clinic', parent: { _id: megabytes }, place_id: megabytes, contact: { _id: megabytes }, name: megabytes },
    ...['contact.parent_uuid', 'place.contact_id', 'place.place_id'],
  ],
  'contact:type': [{ type: 'contact', contact_type: megabytes }, 'contact.contact_type'],
  'person:id': [{ type: 'person', patient_id: { a: 1 } }, 'person.patient_id'],
  'person:birth': [{ type: 'person', date_of_birth: '2026-02-30' }, 'person.date_of_birth'],
  'place:contact': [{ type: 'clinic', contact: 'a' }, 'place.contact_id'],
  'type:huge': [{ type: megabytes }, 'document_metadata.doc_type'],
  'report:text': [
    { type: 'data_record', reported_date: '2026-02-30', fields: 'x', contact: 'c', form: ['x'] },
    ...['contact_uuid', 'fields', 'form', 'reported'].map((column) => `data_record.${column}`),
  ],
  'report:lineage': [
    { type: 'data_record', contact: { _id: {}, parent: { _id: [], parent: [1] } } },
    ...['contact_uuid', 'grandparent_uuid', 'parent_uuid'].map((column) => `data_record.${column}`),
  ],
  'report:huge': [
    { type: 'data_record', form: megabytes, patient_id: megabytes, fields: { place_id: megabytes }, from: megabytes },
    ...['form', 'patient_id', 'place_id'].map((column) => `data_record.${column}`),
  ],
  user: [{ type: 'user-settings', contact_id: megabytes, roles: megabytes }, 'user.contact_uuid'],
  feedback: [{ type: 'feedback', meta: [1], info: megabytes }, 'feedback.meta'],
  'visit:malformed': [{ type: 'data_record', form: 'visit', fields: { weight: 'heavy', born: '2026-02-30' } }],
  'visit:edited': [{ type: 'data_record', form: 'visit', fields: { weight: 'heavy', born: '2026-02-28' } }],
  'visit:deleted': [{ type: 'data_record', form: 'visit', fields: { weight: [] } }],
  'telemetry:day': [
    { type: 'telemetry', metadata: { year: 2026, month: 2, day: 30 } },
    ...['telemetry.period_start', 'telemetry_devices.period_start'],
  ],
  'telemetry:text': [
    { type: 'telemetry', metadata: 'x', metrics: 5, device: megabytes },
    ...['telemetry.period_start', 'telemetry_devices.period_start'],
  ],
};
const allMalformed = Object.fromEntries(
  Object.entries(documents).flatMap(([key, [, ...columns]]) => (columns.length > 0 ? [[key, columns]] : [])),
);

async function malformed({ pool }: TestDatabase, table = 'data_quality'): Promise<Record<string, string[]>> {
  const { rows } = await pool.query<{ uuid: string; columns: string[] }>(
    `SELECT uuid, array_agg(model || '.' || column_name ORDER BY model, column_name) AS columns
     FROM v1.${table} GROUP BY uuid`,
  );
  return Object.fromEntries(rows.map(({ uuid, columns }) => [uuid, columns]));
}

test('malformed values fail no run: data_quality, and a model of the same kind of a package, names them until their documents are mended or deleted', async () => {
  await using database = await createTestDatabase();
  const couch2pg = await createDocuments(database.pool);
  await using dbt = await startDbt(database, {
    additionalModels: fileURLToPath(new URL('data-quality', import.meta.url)),
  });
  await dbt.run(v1, 'run');
  await couch2pg.write(Object.fromEntries(Object.entries(documents).map(([key, [body]]) => [key, body])));
  await dbt.run(v1, 'run');
  expect(await malformed(database)).toEqual(allMalformed);
  const ofVisits = { 'visit:malformed': ['visit.born', 'visit.weight'] };
  expect(await malformed(database, 'visit_quality')).toEqual({
    ...ofVisits,
    'visit:edited': ['visit.weight'],
    'visit:deleted': ['visit.weight'],
  });

  const { rows } = await database.pool.query(
    `SELECT id, left(value, 10) AS value, length(value) AS length, instance, dbname FROM v1.data_quality
     WHERE uuid IN ('contact:date', 'type:huge', 'telemetry:day') ORDER BY id`,
  );
  const source = { instance: 'host', dbname: 'medic' };
  expect(rows).toEqual([
    { id: 'contact:date:contact.reported', value: 'soon', length: 4, ...source },
    { id: 'telemetry:day:telemetry.period_start', value: '{"day": 30', length: 37, ...source },
    { id: 'telemetry:day:telemetry_devices.period_start', value: '{"day": 30', length: 37, ...source },
    { id: 'type:huge:document_metadata.doc_type', value: 'xxxxxxxxxx', length: 200, ...source },
  ]);
  // Each model has its rows none the less.
  for (const model of models) {
    const { rowCount } = await database.pool.query(`SELECT FROM v1."${model}" LIMIT 1`);
    expect([model, rowCount]).toEqual([model, 1]);
  }

  await dbt.run(v1, 'run', '--full-refresh');
  expect(await malformed(database)).toEqual(allMalformed);

  await couch2pg.write({
    'contact:date': { type: 'person', reported_date: 5 },
    'report:text': { type: 'data_record', reported_date: 'x' },
    'contact:list': null,
    user: null,
    'visit:edited': { type: 'data_record', form: 'birth', fields: { weight: 'heavy' } },
    'visit:deleted': null,
  });
  await dbt.run(v1, 'run');
  const mended = new Set(['contact:date', 'contact:list', 'user']);
  const rest = Object.entries(allMalformed).filter(([key]) => !mended.has(key));
  expect(await malformed(database)).toEqual({ ...Object.fromEntries(rest), 'report:text': ['data_record.reported'] });
  expect(await malformed(database, 'visit_quality')).toEqual(ofVisits);
});
