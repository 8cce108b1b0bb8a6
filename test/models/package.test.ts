import { describe, expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.js';
import { dbtCommand } from '../support/dbt.js';
import { createDocuments } from './models.js';

describe('the package', () => {
  test('builds with dbt as a command, and passes its own unit tests and data tests', async () => {
    await using database = await createTestDatabase();
    const documents = await createDocuments(database.pool);
    await documents.write({
      settings: { settings: { contact_types: [{ id: 'chw', person: true }, { id: 'hut' }] } },
      'settings@other/medic': { settings: { contact_types: [{ id: 'hut', person: false }] } },
      area: { type: 'health_center', name: 'Area' },
      hut: { type: 'contact', contact_type: 'hut', parent: { _id: 'area' } },
      chw: { type: 'contact', contact_type: 'chw', parent: { _id: 'hut' }, patient_id: '1' },
      visit: { type: 'data_record', form: 'visit', fields: { patient_id: '1' }, contact: { _id: 'chw' } },
      gone: null,
    });
    const printed = await dbtCommand(database, { schema: 'v1' }, 'build');
    expect(printed).toMatch(/ERROR=0 SKIP=0/);
    expect(printed).toMatch(/28 unit tests/);

    const { rows } = await database.pool.query(`SELECT id, person, configured FROM v1.contact_type ORDER BY id`);
    expect(rows).toEqual([
      { id: 'chw', person: true, configured: true },
      { id: 'health_center', person: false, configured: false },
      { id: 'hut', person: false, configured: true },
    ]);
  });
});
