import type pg from 'pg';

/**
 * Documents of all types, half of the reports of 1 kB and half of 3 kB, which PostgreSQL compresses, made by PostgreSQL
 * itself: of a million, CouchDB's way is not what is measured. Document `i` is the same in every database; an `edition` makes another body of it.
 */
const definitions = `
  CREATE SCHEMA sample;
  CREATE FUNCTION sample.id(i bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT md5(i::text)::uuid::text $$;
  CREATE TABLE sample.words AS
    SELECT string_agg(
      (ARRAY['yes', 'no', 'fever', 'mother', 'child', 'visit', 'weight', 'none of these', 'referred', 'danger sign', 'unknown'])
        [1 + ('x' || left(md5(n::text), 6))::bit(24)::integer % 11], ' ') AS text
    FROM generate_series(1, 1200) n;
  CREATE FUNCTION sample.filling(i bigint, edition integer, length integer) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT substr(text, 1 + ((i * 37 + edition * 101) % 3000)::integer, length) FROM sample.words $$;
  CREATE FUNCTION sample.type(i bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
      WHEN i % 10 = 0 THEN 'person' WHEN i % 40 = 5 THEN 'clinic' WHEN i % 200 = 7 THEN 'telemetry'
      WHEN i % 200 = 9 THEN 'feedback' WHEN i % 1000 = 11 THEN 'user-settings' ELSE 'data_record' END $$;
  CREATE FUNCTION sample.document(i bigint, edition integer, type text) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT jsonb_build_object(
      '_id', sample.id(i), '_rev', concat(edition, '-', md5(concat(i, edition))), 'type', type,
      'reported_date', 1700000000000 + i * 1000, 'name', concat('Name ', i, ' ', edition), 'edition', edition
    ) || CASE type
      WHEN 'data_record' THEN jsonb_build_object(
        'form', (ARRAY['visit', 'birth', 'assessment', 'death', 'stock'])[1 + i % 5], 'from', concat('+2547', i),
        'contact', jsonb_build_object('_id', sample.id(i / 10 * 10), 'parent', jsonb_build_object(
          '_id', sample.id(i / 40 * 40 + 5), 'parent', jsonb_build_object('_id', sample.id(i / 1000 * 1000 + 5)))),
        'fields', jsonb_build_object(
          'patient_id', (i / 10 * 10)::text, 'patient_uuid', sample.id(i / 10 * 10), 'place_id', (i / 40)::text,
          'weight', i % 90, 'note', sample.filling(i, edition, CASE WHEN i % 2 = 1 THEN 2400 ELSE 450 END)))
      WHEN 'telemetry' THEN jsonb_build_object(
        'metadata', jsonb_build_object('year', 2025, 'month', 1 + i % 12, 'user', 'chw',
          'versions', jsonb_build_object('app', '4.5.0')),
        'metrics', jsonb_build_object('note', sample.filling(i, edition, 600)))
      ELSE jsonb_build_object(
        'parent', jsonb_build_object('_id', sample.id(i / 40 * 40 + 5)), 'patient_id', i::text, 'place_id', i::text,
        'sex', 'female', 'phone', concat('+2547', i), 'meta', jsonb_build_object('source', 'bench'),
        'notes', sample.filling(i, edition, 500)) END $$;
  CREATE FUNCTION sample.write(first bigint, last bigint, edition integer, forced_type text, is_deleted boolean)
  RETURNS bigint LANGUAGE sql AS $$
    WITH base AS (SELECT greatest(max(saved_timestamp), '2026-01-01') AS at FROM v1.couchdb), written AS (
      INSERT INTO v1.couchdb (saved_timestamp, _id, _deleted, source, _rev, doc)
      SELECT base.at + (i - first + 1) * interval '1 microsecond', sample.id(i), coalesce(is_deleted, i % 50 = 9), 'host/medic',
        concat(edition, '-', md5(concat(i, edition))), sample.document(i, edition, coalesce(forced_type, sample.type(i)))
      FROM base, generate_series(first, last) AS i
      ON CONFLICT (_id) DO UPDATE SET
        saved_timestamp = excluded.saved_timestamp, _deleted = excluded._deleted, _rev = excluded._rev, doc = excluded.doc
      RETURNING 1
    ) SELECT count(*) FROM written $$;`;

/** How many documents an increment is. */
export const incrementSize = 100;

/** Makes what the documents are made by. The tables of couch2pg must be there, in schema `v1`. */
export async function defineDocuments(client: pg.ClientBase): Promise<void> {
  await client.query(definitions);
}

/** Writes the documents from number `from + 1` to `to`; two in a hundred are tombstones. */
export async function writeDocuments(client: pg.ClientBase, from: number, to: number): Promise<void> {
  const piece = 50_000;
  for (let first = from + 1; first <= to; first += piece) {
    await client.query('SELECT sample.write($1, $2, 1, NULL, NULL)', [first, Math.min(to, first + piece - 1)]);
  }
  await client.query('ANALYZE v1.couchdb');
}

/**
 * Writes an increment among `count` documents, each time another: 30 new ones, 40 edited, 20 deleted and 10 of which the
 * type changes, scattered over all.
 */
export async function writeIncrement(client: pg.ClientBase, count: number, round: number): Promise<void> {
  const added = count + round * incrementSize;
  await client.query('BEGIN');
  await client.query('SELECT sample.write($1, $2, 1, NULL, false)', [added + 1, added + 30]);
  for (let n = 30; n < incrementSize; n += 1) {
    // Steps of the golden ratio fall everywhere, and on nothing twice.
    const i = 1 + Math.floor(((round * incrementSize + n) * 0.618_033_988_749_895 * count) % count);
    const type = n < 90 ? null : i % 10 === 0 ? 'clinic' : 'person';
    await client.query('SELECT sample.write($1, $1, $2, $3, $4)', [i, 2 + round, type, n >= 70 && n < 90]);
  }
  await client.query('COMMIT');
}
