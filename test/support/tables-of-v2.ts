import type pg from 'pg';

/** A document as medic/cht-sync v2 has stored it. */
export interface RowOfV2 {
  readonly id: string;
  readonly source: string | null;
  readonly doc: Readonly<Record<string, unknown>>;
}

/**
 * Makes the tables of couch2pg and the dataemon as medic/cht-sync v2 publishes them: one clock reading for all rows of a
 * batch, tombstones without a body, a checkpoint for each source.
 */
export async function createTablesOfV2(
  pool: pg.Pool,
  rows: readonly RowOfV2[] = [],
  checkpoints: Readonly<Record<string, string>> = {},
): Promise<void> {
  await pool.query(`
    CREATE SCHEMA IF NOT EXISTS v1;
    CREATE TABLE v1.couchdb (saved_timestamp timestamp, _id varchar PRIMARY KEY, _deleted boolean, source varchar, doc jsonb);
    CREATE INDEX _deleted ON v1.couchdb (_deleted);
    CREATE INDEX saved_timestamp ON v1.couchdb (saved_timestamp);
    CREATE INDEX source ON v1.couchdb (source);
    CREATE TABLE v1.couchdb_progress (seq varchar, pending integer, updated_at timestamptz, source varchar PRIMARY KEY);
    CREATE TABLE v1._dataemon (inserted_on timestamp DEFAULT current_timestamp, packages jsonb, manifest jsonb, dbt_selector text)`);
  await writeAsV2(pool, rows);
  for (const [source, seq] of Object.entries(checkpoints)) {
    await pool.query(`INSERT INTO v1.couchdb_progress VALUES ($1, 0, now(), $2)`, [seq, source]);
  }
}

/** Writes documents as v2 does, which knows only its own columns. */
export async function writeAsV2(pool: pg.Pool, rows: readonly RowOfV2[]): Promise<void> {
  await pool.query(
    `INSERT INTO v1.couchdb (saved_timestamp, _id, _deleted, source, doc)
     SELECT clock_timestamp() AT TIME ZONE 'UTC', id, coalesce((doc ->> '_deleted')::boolean, false), source, doc
     FROM jsonb_to_recordset($1) AS row (id text, source text, doc jsonb)
     ON CONFLICT (_id) DO UPDATE SET
       saved_timestamp = excluded.saved_timestamp, _deleted = excluded._deleted, source = excluded.source, doc = excluded.doc`,
    [JSON.stringify(rows)],
  );
}
