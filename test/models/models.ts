import type pg from 'pg';
import { createLog } from '../../src/lib/index.js';
import { migrate } from '../../src/postgres/index.js';

/** The models, parents first. */
export const models = [
  'document_metadata',
  'contact',
  'contact_type',
  'person',
  'place',
  'patient',
  'data_record',
  'user',
  'feedback',
  'telemetry',
  'telemetry_devices',
  'telemetry_metrics',
  'data_quality',
] as const;

/** A document's body, or `null` for a tombstone. */
export type Body = Record<string, unknown> | null;

/** Writes documents as couch2pg does: each row gets a `saved_timestamp` of its own, greater than all before. */
export interface Documents {
  write(documents: Readonly<Record<string, Body>>): Promise<void>;
}

/** Makes the tables of couch2pg in an empty schema `v1`, whatever was there, and forgets models built aside. */
export async function createDocuments(pool: pg.Pool): Promise<Documents> {
  await pool.query('DROP SCHEMA IF EXISTS v1, refreshed CASCADE');
  const log = createLog({ level: 'silent', format: 'json', secrets: [] });
  await migrate({ pool, family: 'documents', schema: 'v1', table: 'couchdb', log });
  let written = 0;
  return {
    write: async (documents) => {
      const rows = Object.entries(documents).map(([key, body]) => {
        written += 1;
        const [id, source = 'host/medic'] = key.split('@');
        const doc = { _id: id, _rev: `${written}-x`, ...(body ?? { _deleted: true }) };
        return { key, source, deleted: body === null, microseconds: written, doc };
      });
      await pool.query(
        `INSERT INTO v1.couchdb (_id, source, _deleted, doc, saved_timestamp)
         SELECT key, source, deleted, doc, '2026-01-01'::timestamp + microseconds * interval '1 microsecond'
         FROM jsonb_to_recordset($1) AS row (key text, source text, deleted boolean, doc jsonb, microseconds integer)
         ON CONFLICT (_id) DO UPDATE SET
           source = excluded.source, _deleted = excluded._deleted, doc = excluded.doc, saved_timestamp = excluded.saved_timestamp`,
        [JSON.stringify(rows)],
      );
    },
  };
}

/** The rows of each model that one schema has and the other has not: empty when the schemas are equal. */
export async function differences(
  pool: pg.Pool,
  one: string,
  other: string,
  of: readonly string[] = models,
): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {};
  for (const model of of) {
    const { rows: columns } = await pool.query<{ names: string }>(
      `SELECT string_agg(quote_ident(column_name), ', ' ORDER BY column_name) AS names
       FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2`,
      [other, model],
    );
    const all = (schema: string) => `SELECT ${columns[0]!.names} FROM ${schema}."${model}"`;
    const { rows } = await pool.query(
      `SELECT '${one}' AS only_in, a.* FROM (${all(one)} EXCEPT ALL ${all(other)}) a
       UNION ALL
       SELECT '${other}', b.* FROM (${all(other)} EXCEPT ALL ${all(one)}) b`,
    );
    if (rows.length > 0) found[model] = rows;
  }
  return found;
}

/** The foreign keys between the models of `v1`, as `child > parent`. */
export async function foreignKeys(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ key: string }>(
    `SELECT child.relname || ' > ' || parent.relname AS key
     FROM pg_constraint
     JOIN pg_class child ON child.oid = conrelid
     JOIN pg_class parent ON parent.oid = confrelid
     WHERE contype = 'f' AND confdeltype = 'c' AND child.relnamespace = 'v1'::regnamespace
     ORDER BY 1`,
  );
  return rows.map(({ key }) => key);
}

/** What `foreignKeys` gives when none is missing. */
export const allForeignKeys = [
  'contact > document_metadata',
  'data_quality > document_metadata',
  'data_record > document_metadata',
  'feedback > document_metadata',
  'patient > contact',
  'person > contact',
  'place > contact',
  'telemetry > document_metadata',
  'telemetry_devices > document_metadata',
  'telemetry_metrics > document_metadata',
  'user > document_metadata',
];
