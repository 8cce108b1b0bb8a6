import type pg from 'pg';
import type { TableNames } from './identifiers.js';
import { isStorableText, storableText } from './storable-text.js';

/** What the table holds of a document. */
export interface StoredRevision {
  /** Empty when neither the row nor its document says, which no sync has written. */
  readonly rev: string;
  readonly deleted: boolean;
}

/** The same with CouchDB's id of the document, which may be another than the key of its row. */
export interface StoredDocument extends StoredRevision {
  readonly id: string;
}

const cursor = 'cht_sync_stored_revisions';
const rowsAtOnce = 5000;
/** The sort of a large table needs fewer passes over the disk with this than with the default of 4 MB. */
const sortMemory = '64MB';

/** The revision of a row `t`. Rows of cht-sync v2 have no `_rev`; documents of any version have. */
export const storedRev = `coalesce(t._rev, t.doc ->> '_rev', '')`;
/** Whether a row `t` is a tombstone. */
export const storedDeleted = 'coalesce(t._deleted, false)';

/**
 * Reads what the table holds of a source, tombstones too, in the order of the bytes of CouchDB's ids, as it is when the
 * first piece is asked for. The connection serves nothing else meanwhile.
 *
 * PostgreSQL keeps the sorted list on its disk (WITH HOLD), so that no transaction stays open for as long as the reading
 * takes: it would hold back vacuum, perhaps for hours. Pages by key would need an index in this order, which the table has
 * only where the database's own collation is "C".
 */
export async function* storedRevisions(
  client: pg.ClientBase,
  names: TableNames,
  source: string,
): AsyncGenerator<readonly StoredDocument[]> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL work_mem = '${sortMemory}'`);
    await client.query(
      `DECLARE ${cursor} NO SCROLL CURSOR WITH HOLD FOR
       SELECT coalesce(a._id, t._id) AS id, ${storedRev} AS rev, ${storedDeleted} AS deleted
       FROM ${names.documents} t LEFT JOIN ${names.alias} a ON a.key = t._id AND a.source = t.source
       WHERE t.source = $1
       ORDER BY coalesce(a._id, t._id) COLLATE "C"`,
      [source],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
  for (;;) {
    const { rows } = await client.query<StoredDocument>(`FETCH ${rowsAtOnce} FROM ${cursor}`);
    if (rows.length > 0) yield rows;
    if (rows.length < rowsAtOnce) break;
  }
  await client.query(`CLOSE ${cursor}`);
}

/** Reads what the table holds of these documents of a source, by CouchDB's ids; what it does not hold is left out. */
export async function storedRevisionsOf(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
  ids: readonly string[],
): Promise<Map<string, StoredRevision>> {
  const { rows } = await client.query<StoredDocument>({
    name: `cht_sync_stored_of ${names.documents}`,
    text: `
      SELECT q.id, ${storedRev} AS rev, ${storedDeleted} AS deleted
      FROM unnest($2::text[]) AS q(id)
      LEFT JOIN ${names.alias} a ON a.source = $1 AND a._id = q.id
      JOIN ${names.documents} t ON t._id = coalesce(a.key, q.id) AND t.source = $1`,
    values: [source, ids.filter(isStorableText)],
  });
  return new Map(rows.map(({ id, ...stored }) => [id, stored]));
}

/** Reads which revisions of these documents are parked. */
export async function parkedRevisionsOf(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await client.query<{ n: number; rev: string | null }>({
    name: `cht_sync_parked_of ${names.rejected}`,
    text: `
      SELECT q.n::integer AS n, r._rev AS rev
      FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS q(id, json, n)
      JOIN ${names.rejected} r ON r.source = $1 AND r.id_md5 = coalesce('j' || md5(q.json), md5(q.id))
        AND r._id = q.id AND r.id_json IS NOT DISTINCT FROM q.json`,
    values: [source, ids.map(storableText), ids.map((id) => (isStorableText(id) ? null : JSON.stringify(id)))],
  });
  return new Map(rows.flatMap(({ n, rev }) => (rev === null ? [] : [[ids[n - 1] ?? '', rev]])));
}
