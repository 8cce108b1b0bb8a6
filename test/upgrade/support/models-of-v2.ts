import type pg from 'pg';

/** The parents of the models that have one, as medic/cht-pipeline v2 ties them. */
const parents = {
  contact: 'document_metadata',
  person: 'contact',
  place: 'contact',
  patient: 'contact',
  data_record: 'document_metadata',
} as const;

/** The columns of each model and what they were computed from: `d` is a row of the table of documents. */
const models = {
  document_metadata: `_id::text AS uuid, saved_timestamp, _deleted, doc ->> 'type' AS doc_type,
    split_part(source, '/', 1) AS instance, split_part(source, '/', 2) AS dbname FROM v1.couchdb d WHERE NOT _deleted`,
  contact: `_id::text AS uuid, saved_timestamp, to_timestamp((doc ->> 'reported_date')::bigint / 1000) AS reported,
    doc #>> '{parent,_id}' AS parent_uuid, doc ->> 'name' AS name, coalesce(doc ->> 'contact_type', doc ->> 'type') AS contact_type,
    doc ->> 'is_active' AS active, doc ->> 'notes' AS notes, doc ->> 'muted' AS muted
    FROM v1.couchdb d WHERE NOT _deleted AND doc ->> 'type' IN ('contact', 'clinic', 'district_hospital', 'health_center', 'person')`,
  contact_type: `DISTINCT contact_type AS id, contact_type = 'person' AS person, false AS configured FROM v1.contact`,
  person: `c.uuid, c.saved_timestamp, d.doc ->> 'sex' AS sex, d.doc ->> 'phone' AS phone, d.doc ->> 'alternative_phone' AS phone2,
    d.doc ->> 'patient_id' AS patient_id FROM v1.contact c JOIN v1.couchdb d ON d._id = c.uuid WHERE c.contact_type = 'person'`,
  place: `c.uuid, c.saved_timestamp, d.doc ->> 'place_id' AS place_id, d.doc ->> 'contact_id' AS contact_id
    FROM v1.contact c JOIN v1.couchdb d ON d._id = c.uuid WHERE c.contact_type <> 'person'`,
  patient: `uuid, saved_timestamp, patient_id FROM v1.person WHERE patient_id IS NOT NULL`,
  data_record: `_id::text AS uuid, saved_timestamp, now() AS reported, doc ->> 'form' AS form, doc ->> 'from' AS from_phone,
    doc ->> 'patient_id' AS patient_id, doc ->> 'place_id' AS place_id, doc #>> '{contact,_id}' AS contact_uuid,
    doc #>> '{contact,parent,_id}' AS parent_uuid, doc #>> '{contact,parent,parent,_id}' AS grandparent_uuid
    FROM v1.couchdb d WHERE NOT _deleted AND doc ->> 'type' = 'data_record'`,
} as const;

/** A model that v2 has built. */
export type ModelOfV2 = keyof typeof models;

/**
 * Makes the models as medic/cht-pipeline v2 leaves them over the table of documents: tables with their foreign keys, the record of
 * runs, and the manifest of the package.
 */
export async function createModelsOfV2(pool: pg.Pool): Promise<void> {
  for (const [model, columns] of Object.entries(models)) {
    const key = model === 'contact_type' ? 'id' : 'uuid';
    await pool.query(`CREATE TABLE v1.${model} AS SELECT ${columns}; CREATE UNIQUE INDEX ON v1.${model} (${key})`);
    if (key === 'uuid') await pool.query(`CREATE INDEX ON v1.${model} (saved_timestamp)`);
  }
  for (const [model, parent] of Object.entries(parents)) {
    await pool.query(`ALTER TABLE v1.${model} ADD FOREIGN KEY (uuid) REFERENCES v1.${parent} (uuid) ON DELETE CASCADE`);
  }
  await pool.query(`
    CREATE TABLE v1.dbt_results (
      result_id text, invocation_id text, unique_id text, database_name text, schema_name text, name text, resource_type text,
      status text, start_time timestamp, end_time timestamp, execution_time double precision, rows_affected integer);
    INSERT INTO v1.dbt_results (result_id, name, status, start_time, end_time, execution_time, rows_affected) VALUES
      ('of-v2', 'contact', 'success', now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 1.5, 7)`);
  await pool.query(`INSERT INTO v1._dataemon (packages, manifest) VALUES ('[]', $1)`, [JSON.stringify(manifest())]);
}

/** What v2 stores of its package: dbt's manifest, of which a little is enough to be read. */
function manifest(): unknown {
  const nodes = Object.keys(models).map((name) => [
    `model.cht_pipeline_base.${name}`,
    {
      ...{
        resource_type: 'model',
        name,
        fqn: ['cht_pipeline_base', name],
        schema: 'v1',
        alias: name,
        raw_code: 'select 1',
      },
      config: { materialized: 'incremental' },
      depends_on: { nodes: [], macros: [] },
    },
  ]);
  return { nodes: Object.fromEntries(nodes) as unknown, macros: {}, sources: {} };
}
