import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { StagedRow } from './copy-binary.js';
import type { TableNames } from './identifiers.js';
import { isStorableText, storableText } from './storable-text.js';

/** A document that PostgreSQL refused, and its words. */
export interface Rejection {
  readonly row: StagedRow;
  /** The SQLSTATE. */
  readonly code: string;
  readonly message: string;
}

/** A parked document, as the table of them has it. */
export interface Parked {
  readonly source: string;
  /** CouchDB's id. */
  readonly id: string;
  readonly rev: string;
  readonly deleted: boolean;
  /** The SQLSTATE. */
  readonly code: string;
  readonly error: string;
  readonly at: Date;
  /** The size of the document. */
  readonly bytes: number;
  /** Whether all of its text is here. */
  readonly isWhole: boolean;
  /** The revision that the table of documents held when this one was refused; null for none. */
  readonly replaces: string | null;
  /** The revision it holds now; null for none. */
  readonly stored: string | null;
}

/** jsonb holds no more; of what is larger only the beginning is kept, which is enough to know it by. */
const mostTextBytes = 256 * 1024 * 1024;
const beginningBytes = 64 * 1024;

/**
 * Parks a document that PostgreSQL refused, with its raw text, until a revision comes that it takes. A tombstone of a
 * document of which nothing is stored is forgotten instead: there is nothing left to hold. To be called under the lock of
 * `nextWatermark`.
 *
 * @returns whether it is parked.
 */
export async function parkRejected(
  client: pg.ClientBase,
  names: TableNames,
  source: string,
  { row, code, message }: Rejection,
): Promise<boolean> {
  const id = storableText(row.id);
  const idJson = isStorableText(row.id) ? null : JSON.stringify(row.id);
  const stored = await client.query<{ rev: string | null }>(
    `SELECT coalesce(_rev, doc ->> '_rev') AS rev FROM ${names.documents}
     WHERE _id = coalesce((SELECT key FROM ${names.alias} WHERE source = $1 AND _id = $2), $2)
       AND (source = $1 OR source IS NULL) AND $3::text IS NULL`,
    [source, id, idJson],
  );
  if (row.deleted && stored.rows.length === 0) {
    await client.query(`DELETE FROM ${names.rejected} WHERE source = $1 AND id_md5 = $2`, [source, parkedKey(row.id)]);
    return false;
  }
  await client.query(
    `INSERT INTO ${names.rejected} AS r
       (source, _id, id_json, _rev, _deleted, doc, doc_bytes, error_code, error, replaces_rev)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (source, id_md5) DO UPDATE SET
       _rev = excluded._rev, _deleted = excluded._deleted, doc = excluded.doc, doc_bytes = excluded.doc_bytes,
       error_code = excluded.error_code, error = excluded.error, replaces_rev = excluded.replaces_rev,
       rejected_at = now()
     WHERE (r._rev, r._deleted, r.error_code, r.replaces_rev)
       IS DISTINCT FROM (excluded._rev, excluded._deleted, excluded.error_code, excluded.replaces_rev)`,
    [
      ...[source, id, idJson, storableText(row.rev), row.deleted, parkedText(row.doc), row.doc.length],
      ...[code, storableText(message), stored.rows[0]?.rev ?? null],
    ],
  );
  return true;
}

/** Which parked documents are meant; all that is left out means any. */
export interface ParkedFilter {
  readonly source?: string;
  /** As CouchDB has it, as `_id` shows it or as `id_json` has it. */
  readonly id?: string;
}

/** Tells of parked documents, without their text, by source and id. */
export async function listParked(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  { source, id }: ParkedFilter = {},
): Promise<Parked[]> {
  const { rows } = await client.query<ParkedRow>(
    `SELECT r.source, r._id, r.id_json, r._rev, r._deleted, r.error_code, r.error, r.rejected_at, r.replaces_rev,
       coalesce(r.doc_bytes, octet_length(r.doc))::float8 AS bytes, coalesce(t._rev, t.doc ->> '_rev') AS stored
     FROM ${names.rejected} r
     LEFT JOIN ${names.alias} a ON a.source = r.source AND a._id = r._id
     LEFT JOIN ${names.documents} t
       ON t._id = coalesce(a.key, r._id) AND (t.source = r.source OR t.source IS NULL) AND r.id_json IS NULL
     WHERE ($1::text IS NULL OR r.source = $1)
       AND ($2::text IS NULL OR r._id = $2 OR r.id_json = $2 OR r.id_json = $3)
     ORDER BY r.source, r._id, r.id_json`,
    [source ?? null, id === undefined ? null : storableText(id), id === undefined ? null : JSON.stringify(id)],
  );
  return rows.map((row) => ({
    ...{ source: row.source, id: idOf(row), rev: row._rev ?? '', deleted: row._deleted },
    ...{ code: row.error_code, error: row.error, at: row.rejected_at, bytes: row.bytes },
    ...{ isWhole: row.bytes <= mostTextBytes, replaces: row.replaces_rev, stored: row.stored },
  }));
}

/** The text of a parked document, as it is kept; undefined when it is not parked, or another revision is. */
export async function parkedTextOf(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  { source, id, rev }: Pick<Parked, 'source' | 'id' | 'rev'>,
): Promise<string | undefined> {
  const { rows } = await client.query<{ doc: string }>(
    `SELECT doc FROM ${names.rejected} WHERE source = $1 AND id_md5 = $2 AND _rev = $3`,
    [source, parkedKey(id), rev],
  );
  return rows[0]?.doc;
}

/** The value of `id_md5` for an id: 33 characters for one that `text` cannot hold. */
export function parkedKey(id: string): string {
  const md5 = (text: string) => createHash('md5').update(text).digest('hex');
  return isStorableText(id) ? md5(id) : `j${md5(JSON.stringify(id))}`;
}

interface ParkedRow {
  readonly source: string;
  readonly _id: string;
  readonly id_json: string | null;
  readonly _rev: string | null;
  readonly _deleted: boolean;
  readonly error_code: string;
  readonly error: string;
  readonly rejected_at: Date;
  readonly replaces_rev: string | null;
  readonly bytes: number;
  readonly stored: string | null;
}

function idOf({ _id, id_json }: ParkedRow): string {
  return id_json === null ? _id : (JSON.parse(id_json) as string);
}

/** Forgets the parked revisions of the documents that have been staged. */
export async function unparkStaged(client: pg.ClientBase, names: TableNames, source: string): Promise<void> {
  await client.query({
    name: `cht_sync_unpark ${names.rejected}`,
    text: `
      DELETE FROM ${names.rejected} r USING pg_temp.cht_sync_staging s
      WHERE r.source = $1 AND r.id_md5 = md5(s._id) AND r._id = s._id`,
    values: [source],
  });
}

/** Forgets parked revisions, each only if it is still the one that is parked. */
export async function forgetParked(
  client: pg.ClientBase,
  names: TableNames,
  source: string,
  parked: readonly Pick<Parked, 'id' | 'rev'>[],
): Promise<void> {
  await client.query(
    `DELETE FROM ${names.rejected} r USING unnest($2::text[], $3::text[]) AS f(id_md5, rev)
     WHERE r.source = $1 AND r.id_md5 = f.id_md5 AND r._rev = f.rev`,
    [source, parked.map(({ id }) => parkedKey(id)), parked.map(({ rev }) => rev)],
  );
}

/** As bytes, which are sent as they are: a string of a large document would be a copy of it, and another on its way. */
function parkedText(doc: Buffer): Buffer {
  const text = doc.length > mostTextBytes ? doc.subarray(0, beginningBytes) : doc;
  const isStorable = isUtf8(text) && !text.includes(0);
  return isStorable ? text : Buffer.from(text.toString('utf8').replaceAll('\0', '\ufffd'));
}
