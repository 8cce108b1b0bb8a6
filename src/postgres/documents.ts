import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { encodeCopy, type StagedRow } from './copy-binary.js';
import type { TableNames } from './identifiers.js';
import { noticeLostClient } from './lost-client.js';

/**
 * The statements that write documents. In order, in one transaction: `stage`, `nextWatermark`, `upsertStaged`,
 * `aliasCollisions` and `upsertStaged` again when it left rows out, then the checkpoint.
 *
 * They are within what a distributed PostgreSQL runs: no MERGE, text keys, a temporary staging table.
 */

const staging = 'pg_temp.cht_sync_staging';

/** A batch stays in memory with its overhead; the default of 8 MB would write some of it to disk. */
const tempBuffers = '32MB';

/** Makes the connection's staging table; to be called once a connection, outside a transaction. */
export async function prepareStaging(client: pg.ClientBase): Promise<void> {
  await noticeLostClient(client);
  // It cannot be changed once the session has used a temporary table.
  await client.query(`SET temp_buffers = '${tempBuffers}'`);
  await client.query(`
    CREATE TEMPORARY TABLE IF NOT EXISTS cht_sync_staging (
      n integer NOT NULL,
      _id text NOT NULL,
      _rev text NOT NULL,
      _deleted boolean NOT NULL,
      doc jsonb NOT NULL
    ) ON COMMIT DELETE ROWS`);
}

/**
 * Copies rows to the staging table. No id may be there twice.
 *
 * @throws pg.DatabaseError of class 22 or 54 when PostgreSQL cannot hold one of the documents.
 */
export async function stage(client: pg.ClientBase, rows: readonly StagedRow[]): Promise<void> {
  const copy = client.query(copyFrom(`COPY ${staging} (n, _id, _rev, _deleted, doc) FROM STDIN (FORMAT binary)`));
  await pipeline(Readable.from(encodeCopy(rows)), copy);
}

/**
 * Takes the next `count` values of the watermark and gives the one before the first of them, as text. From here to the
 * commit no other writer gets any: that the rows of writers become visible in the order of `saved_timestamp` rests on it.
 */
export async function nextWatermark(client: pg.ClientBase, names: TableNames, count: number): Promise<string> {
  const { rows } = await client.query<{ base: string }>({
    name: `cht_sync_watermark ${names.watermark}`,
    text: `
      UPDATE ${names.watermark}
      SET saved_timestamp = greatest(clock_timestamp() AT TIME ZONE 'UTC', saved_timestamp)
        + ($1 + 1) * interval '1 microsecond'
      RETURNING (saved_timestamp - $1 * interval '1 microsecond')::text AS base`,
    values: [count],
  });
  const base = rows[0]?.base;
  if (base === undefined) throw new Error(`${names.watermark} has no row`);
  return base;
}

/** What an upsert has changed. */
export interface Upserted {
  readonly rows: number;
  /** The greatest `saved_timestamp` of those rows, as text; undefined when there are none. */
  readonly savedTimestamp: string | undefined;
}

/** How staged rows are written. */
export interface UpsertOptions {
  /** Whether a row is written, too, whose revision is in the table but with another text. */
  readonly force?: boolean | undefined;
  /**
   * Whether most rows are believed to be in the table: then it is looked first. Otherwise each row that is there is locked
   * before it is left out, which makes its page dirty; to look first costs a new row more than it saves.
   */
  readonly mostAreKnown?: boolean | undefined;
}

/**
 * Writes the staged rows to the table of documents. A row is left out when the table has the same revision already (the
 * tombstone of a purged document has the revision that was purged, so both must know it as deleted, or not), or when its id
 * is another document's key (see `aliasCollisions`). A row of nobody, as medic/cht-sync v1 has left them, becomes the source's.
 *
 * @param base - what `nextWatermark` gave.
 */
export async function upsertStaged(
  client: pg.ClientBase,
  names: TableNames,
  source: string,
  base: string,
  { force = false, mostAreKnown = false }: UpsertOptions = {},
): Promise<Upserted> {
  const { rows } = await client.query<{ count: number; greatest: string | null }>({
    name: `cht_sync_upsert ${names.documents}`,
    text: `
      WITH changed AS (
        INSERT INTO ${names.documents} AS t (saved_timestamp, _id, _deleted, source, _rev, doc)
        SELECT $2::timestamp + s.n * interval '1 microsecond', coalesce(own.key, s._id), s._deleted, $1, s._rev, s.doc
        FROM ${staging} s
        LEFT JOIN ${names.alias} own ON own.source = $1 AND own._id = s._id
        WHERE (own.key IS NOT NULL OR NOT EXISTS (SELECT FROM ${names.alias} a WHERE a.key = s._id))
          AND NOT ($4::boolean AND EXISTS (
            SELECT FROM ${names.documents} k
            WHERE k._id = coalesce(own.key, s._id) AND k.source = $1
              AND coalesce(k._rev, k.doc ->> '_rev') = s._rev AND k._deleted = s._deleted))
        ON CONFLICT (_id) DO UPDATE SET
          saved_timestamp = excluded.saved_timestamp,
          _deleted = excluded._deleted,
          source = excluded.source,
          _rev = excluded._rev,
          doc = excluded.doc,
          last_doc = CASE WHEN NOT excluded._deleted THEN NULL WHEN t._deleted THEN t.last_doc ELSE t.doc END
        WHERE (t.source = excluded.source OR t.source IS NULL)
          AND (coalesce(t._rev, t.doc ->> '_rev') IS DISTINCT FROM excluded._rev
            OR t._deleted IS DISTINCT FROM excluded._deleted
            OR t.source IS NULL
            OR $3::boolean AND t.doc IS DISTINCT FROM excluded.doc)
        RETURNING t.saved_timestamp
      )
      SELECT count(*)::integer AS count, max(saved_timestamp)::text AS greatest FROM changed`,
    values: [source, base, force, mostAreKnown && !force],
  });
  return { rows: rows[0]?.count ?? 0, savedTimestamp: rows[0]?.greatest ?? undefined };
}

/**
 * Gives a key of its own to each staged document whose id is held by a document of another source, and says to how many.
 * The key is `<_id>@<source>`; where someone has made a document of just that id, `@<source>` is added once more.
 */
export async function aliasCollisions(client: pg.ClientBase, names: TableNames, source: string): Promise<number> {
  let given = 0;
  for (let suffixes = 1; ; suffixes += 1) {
    const { rows } = await client.query<{ added: number; left: number }>(
      `
      WITH colliding AS (
        SELECT s._id, s._id || repeat('@' || $1, $2) AS key
        FROM ${staging} s
        WHERE NOT EXISTS (SELECT FROM ${names.alias} own WHERE own.source = $1 AND own._id = s._id)
          AND (EXISTS (SELECT FROM ${names.documents} t WHERE t._id = s._id AND t.source <> $1)
            OR EXISTS (SELECT FROM ${names.alias} a WHERE a.key = s._id))
      ), added AS (
        INSERT INTO ${names.alias} (source, _id, key)
        SELECT $1, c._id, c.key FROM colliding c
        WHERE NOT EXISTS (SELECT FROM ${names.documents} t WHERE t._id = c.key)
          AND NOT EXISTS (SELECT FROM ${staging} s WHERE s._id = c.key)
        ON CONFLICT DO NOTHING
        RETURNING 1
      )
      SELECT (SELECT count(*) FROM added)::integer AS added,
        ((SELECT count(*) FROM colliding) - (SELECT count(*) FROM added))::integer AS left`,
      [source, suffixes],
    );
    given += rows[0]?.added ?? 0;
    if ((rows[0]?.left ?? 0) === 0) return given;
  }
}
