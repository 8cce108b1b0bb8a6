import type pg from 'pg';
import type { TableNames } from './identifiers.js';

/** What CouchDB said of a database; null where it was not asked yet (cht-sync v2), or did not say. */
export interface DatabaseMark {
  /** When the database was made: its identity, since CouchDB 3.3. */
  readonly instanceStartTime: string | null;
  readonly updateSequence: string | null;
  readonly purgeSequence: string | null;
  readonly documents: number | null;
  readonly tombstones: number | null;
}

/** Stores what the database is now; writes nothing when that is stored already. */
export async function storeMark(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
  mark: DatabaseMark,
): Promise<void> {
  await client.query(
    `INSERT INTO ${names.progress} AS p
       (source, instance_start_time, update_seq, purge_seq, doc_count, doc_del_count, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, now())
     ON CONFLICT (source) DO UPDATE SET
       instance_start_time = excluded.instance_start_time, update_seq = excluded.update_seq,
       purge_seq = excluded.purge_seq, doc_count = excluded.doc_count, doc_del_count = excluded.doc_del_count,
       updated_at = excluded.updated_at
     WHERE (p.instance_start_time, p.update_seq, p.purge_seq, p.doc_count, p.doc_del_count) IS DISTINCT FROM
       (excluded.instance_start_time, excluded.update_seq, excluded.purge_seq, excluded.doc_count, excluded.doc_del_count)`,
    parameters(source, mark),
  );
}

/** Notes that the database is not what it was, so that mending it survives a crash. */
export async function beginRegression(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
  regression: string,
): Promise<void> {
  await client.query(`UPDATE ${names.progress} SET regression = $2 WHERE source = $1`, [source, regression]);
}

/** Notes what the database is now that it is mended; what was written before it changed proves nothing any more. */
export async function endRegression(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
  mark: DatabaseMark,
): Promise<void> {
  await client.query(
    `UPDATE ${names.progress} SET
       regression = NULL, recent = NULL, instance_start_time = $2, update_seq = $3, purge_seq = $4,
       doc_count = $5, doc_del_count = $6
     WHERE source = $1`,
    parameters(source, mark),
  );
}

function parameters(source: string, mark: DatabaseMark): (string | number | null)[] {
  const { instanceStartTime, updateSequence, purgeSequence, documents, tombstones } = mark;
  return [source, instanceStartTime, updateSequence, purgeSequence, documents, tombstones];
}
