import type pg from 'pg';
import type { StagedRow } from './copy-binary.js';
import type { TableNames } from './identifiers.js';

/** A document that PostgreSQL refused, and its words. */
export interface Rejection {
  readonly row: StagedRow;
  /** The SQLSTATE. */
  readonly code: string;
  readonly message: string;
}

/** Parks a document that PostgreSQL refused, with its raw text, until a revision comes that it takes. */
export async function parkRejected(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
  { row, code, message }: Rejection,
): Promise<void> {
  await client.query(
    `INSERT INTO ${names.rejected} (source, _id, _rev, _deleted, doc, error_code, error)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (source, id_md5) DO UPDATE SET
       _rev = excluded._rev, _deleted = excluded._deleted, doc = excluded.doc,
       error_code = excluded.error_code, error = excluded.error, rejected_at = now()`,
    [source, row.id.replaceAll('\0', '\ufffd'), row.rev, row.deleted, row.doc.toString('utf8'), code, message],
  );
}

/** Forgets the parked revisions of the documents that have been staged. */
export async function unparkStaged(client: pg.ClientBase, names: TableNames, source: string): Promise<void> {
  await client.query({
    name: `cht_sync_unpark ${names.rejected}`,
    text: `DELETE FROM ${names.rejected} r USING pg_temp.cht_sync_staging s WHERE r.source = $1 AND r._id = s._id`,
    values: [source],
  });
}
