import { isUtf8 } from 'node:buffer';
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
    await client.query(
      `DELETE FROM ${names.rejected} WHERE source = $1 AND id_md5 = coalesce('j' || md5($3), md5($2))`,
      [source, id, idJson],
    );
    return false;
  }
  await client.query(
    `INSERT INTO ${names.rejected} AS r
       (source, _id, id_json, _rev, _deleted, doc, error_code, error, replaces_rev)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (source, id_md5) DO UPDATE SET
       _rev = excluded._rev, _deleted = excluded._deleted, doc = excluded.doc,
       error_code = excluded.error_code, error = excluded.error, replaces_rev = excluded.replaces_rev,
       rejected_at = now()
     WHERE (r._rev, r._deleted, r.error_code) IS DISTINCT FROM (excluded._rev, excluded._deleted, excluded.error_code)`,
    [
      ...[source, id, idJson, storableText(row.rev), row.deleted, parkedText(row.doc)],
      ...[code, storableText(message), stored.rows[0]?.rev ?? null],
    ],
  );
  return true;
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

/** As bytes, which are sent as they are: a string of a large document would be a copy of it, and another on its way. */
function parkedText(doc: Buffer): Buffer {
  const text = doc.length > mostTextBytes ? doc.subarray(0, beginningBytes) : doc;
  const isStorable = isUtf8(text) && !text.includes(0);
  return isStorable ? text : Buffer.from(text.toString('utf8').replaceAll('\0', '\ufffd'));
}
