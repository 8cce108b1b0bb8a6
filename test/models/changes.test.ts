import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startDbt, type Dbt } from '../support/dbt.js';
import { createDocuments, models, type Body, type Documents } from './models.js';

const person: Body = { type: 'person', name: 'Ann', patient_id: '1' };

function settings(...persons: string[]): Body {
  return { settings: { contact_types: persons.map((id) => ({ id, person: true })) } };
}

describe('when a document changes', () => {
  let database: TestDatabase;
  let dbt: Dbt;
  let documents: Documents;
  beforeAll(async () => {
    database = await createTestDatabase();
    dbt = await startDbt(database);
  });
  beforeEach(async () => {
    documents = await createDocuments(database.pool);
  });
  afterAll(async () => {
    await dbt[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  /** Writes the documents, runs the models, and gives the models that have a row for `id`. */
  async function modelsOf(id: string, written: Readonly<Record<string, Body>>): Promise<string[]> {
    await documents.write(written);
    await dbt.run({ schema: 'v1' }, 'run', '--threads', '2');
    const found: string[] = [];
    for (const model of models.filter((name) => name !== 'contact_type')) {
      const key = model === 'user' ? 'user_id' : 'uuid';
      const { rowCount } = await database.pool.query(`SELECT FROM v1."${model}" WHERE ${key} = $1`, [id]);
      if (rowCount === 1) found.push(model);
    }
    return found;
  }

  test('it leaves the models it was in and enters those it belongs to, in one run', async () => {
    const ofPerson = ['document_metadata', 'contact', 'person', 'patient'];
    expect(await modelsOf('a', { a: person })).toEqual(ofPerson);
    expect(await modelsOf('a', { a: { ...person, patient_id: '' } })).toEqual([
      'document_metadata',
      'contact',
      'person',
    ]);
    expect(await modelsOf('a', { a: { ...person, type: 'clinic' } })).toEqual([
      'document_metadata',
      'contact',
      'place',
    ]);
    expect(await modelsOf('a', { a: { type: 'data_record' } })).toEqual(['document_metadata', 'data_record']);
    expect(await modelsOf('a', { a: null })).toEqual([]);
    expect(await modelsOf('a', { a: person })).toEqual(ofPerson);
    expect(await modelsOf('a', { a: { type: 'user-settings' } })).toEqual(['document_metadata', 'user']);
    expect(await modelsOf('a', { a: { type: 'feedback' } })).toEqual(['document_metadata', 'feedback']);
    expect(await modelsOf('a', { a: { type: 'telemetry' } })).toEqual([
      'document_metadata',
      'telemetry',
      'telemetry_devices',
    ]);
    expect(await modelsOf('a', { a: { type: 'form' } })).toEqual(['document_metadata']);
  });

  test('the settings decide, late or early, who is a person', async () => {
    const chw: Body = { type: 'contact', contact_type: 'chw', patient_id: '1' };
    const asPerson = ['document_metadata', 'contact', 'person', 'patient'];
    const asPlace = ['document_metadata', 'contact', 'place'];
    expect(await modelsOf('a', { a: chw })).toEqual(asPlace);
    expect(await modelsOf('a', { settings: settings('chw') })).toEqual(asPerson);
    expect(await modelsOf('a', { settings: settings() })).toEqual(asPlace);
    expect(await modelsOf('a', { 'settings@other/medic': settings('chw') })).toEqual(asPerson);
    expect(await modelsOf('a', { settings: null })).toEqual(asPerson);
    expect(await modelsOf('a', { 'settings@other/medic': null })).toEqual(asPlace);
  });

  test('the settings decide, too, when what they say reaches a contact_type that is made anew', async () => {
    const nurse: Body = { type: 'contact', contact_type: 'nurse' };
    expect(await modelsOf('a', { a: nurse })).toEqual(['document_metadata', 'contact', 'place']);
    await documents.write({ settings: settings('nurse') });
    await dbt.run({ schema: 'v1' }, 'run', '--select', 'document_metadata', 'contact');
    await dbt.run({ schema: 'v1' }, 'run', '--full-refresh', '--select', 'contact_type');
    expect(await modelsOf('a', {})).toEqual(['document_metadata', 'contact', 'person']);
  });

  test('a malformed value in it is NULL or text, and the documents beside it are there', async () => {
    const malformed = {
      reported_date: 'soon',
      parent: 'x',
      contact: [1],
      fields: 'x',
      name: { en: 'A' },
      patient_id: ['1'],
    };
    const found = await modelsOf('good', {
      person: { type: 'person', ...malformed },
      clinic: { type: 'clinic', ...malformed, reported_date: 1e200 },
      report: { type: 'data_record', ...malformed, reported_date: { at: 1 } },
      odd: { type: ['person'] },
      settings: { settings: { contact_types: { chw: true } } },
      good: { type: 'data_record', reported_date: 1_700_000_000_123 },
    });
    expect(found).toEqual(['document_metadata', 'data_record']);
    const { rows } = await database.pool.query(
      `SELECT uuid, reported, parent_uuid FROM v1.contact UNION ALL SELECT uuid, reported, parent_uuid FROM v1.data_record ORDER BY 1`,
    );
    expect(rows).toEqual([
      { uuid: 'clinic', reported: null, parent_uuid: null },
      { uuid: 'good', reported: new Date(1_700_000_000_123), parent_uuid: null },
      { uuid: 'person', reported: null, parent_uuid: null },
      { uuid: 'report', reported: null, parent_uuid: null },
    ]);
  });
});
