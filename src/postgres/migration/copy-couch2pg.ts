import type pg from 'pg';
import { SyncError, userPrefix, userSecrets } from '../../lib/index.js';
import { tryLock } from '../advisory-lock.js';
import { nextWatermark } from '../documents.js';
import { quoteIdentifier, tableNames, type TableNames } from '../identifiers.js';
import { copied } from '../regressions.js';
import type { CopyPart } from './couch2pg-tables.js';

/** What is copied where. */
export interface CopyOptions {
  /** Of medic/cht-couch2pg. */
  readonly fromSchema: string;
  readonly schema: string;
  readonly table: string;
  readonly onProgress: (progress: { readonly table: string; readonly copied: number; readonly share: number }) => void;
}

/** Of a transaction: some ten thousand documents of usual size. */
const pagesAtOnce = 1_000;
/** A longer _id may fit into no index; couch2pg deals with such documents. */
const longestId = 2_000;
const batchTimeoutMs = 3_600_000;

/**
 * Copies the documents of a table of medic/cht-couch2pg within the database. What it was copied from may lack documents, have
 * them twice or have old ones: so the source is marked before the first is written, and couch2pg compares every id and revision with CouchDB before it
 * follows the feed. What differs is read from there. May be killed and called again.
 *
 * @returns how many documents were copied.
 * @throws SyncError POSTGRES_STATEMENT_FAILED while a couch2pg follows the source; pg.DatabaseError.
 */
export async function copyCouch2pg(client: pg.ClientBase, part: CopyPart, options: CopyOptions): Promise<number> {
  const { fromSchema, schema, table, onProgress } = options;
  const names = tableNames(schema, table);
  const from = `${quoteIdentifier(fromSchema)}.${quoteIdentifier(part.table)}`;
  for (const { source, sequence } of [part, ...(part.infos === undefined ? [] : [part.infos])]) {
    // As couch2pg does to write it; held until the connection ends.
    if (!(await tryLock(client, source))) throw isFollowed(source);
    await client.query(
      `INSERT INTO ${names.progress} AS p (source, seq, regression) VALUES ($1, $2, $3)
       ON CONFLICT (source) DO UPDATE SET seq = excluded.seq, regression = excluded.regression WHERE p.seq IS NULL`,
      [source, sequence, copied],
    );
  }
  const pages = await pagesOf(client, from);
  let done = 0;
  for (let page = 0; page < pages; page += pagesAtOnce) {
    done += await copyPages(client, names, from, part, page);
    onProgress({ table: part.table, copied: done, share: Math.min(1, (page + pagesAtOnce) / pages) });
  }
  return done;
}

async function pagesOf(client: pg.ClientBase, table: string): Promise<number> {
  const { rows } = await client.query<{ pages: number }>(
    `SELECT (pg_relation_size(to_regclass($1)) / current_setting('block_size')::int)::int AS pages`,
    [table],
  );
  return rows[0]?.pages ?? 0;
}

async function copyPages(
  client: pg.ClientBase,
  names: TableNames,
  from: string,
  { source, infos }: CopyPart,
  page: number,
): Promise<number> {
  const range = `ctid >= '(${page},0)'::tid AND ctid < '(${page + pagesAtOnce},0)'::tid`;
  await client.query('BEGIN');
  try {
    const { rows } = await client.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${from} WHERE ${range}`);
    const count = rows[0]?.count ?? 0;
    const base = await nextWatermark(client, names, count);
    const statement = {
      text: `
        INSERT INTO ${names.documents} (saved_timestamp, _id, _deleted, source, _rev, doc)
        SELECT $1::timestamp + n * interval '1 microsecond', id, false,
          CASE WHEN id LIKE '%-info' AND doc ->> 'type' = 'info' THEN coalesce($3, $2) ELSE $2 END,
          doc ->> '_rev',
          CASE WHEN id LIKE $4 THEN doc - $5::text[] ELSE doc END
        FROM (
          SELECT doc, doc ->> '_id' AS id, row_number() OVER () AS n
          FROM ${from}
          WHERE ${range} AND doc ? '_rev' AND doc ->> '_deleted' IS DISTINCT FROM 'true'
            AND octet_length(doc ->> '_id') <= ${longestId}
        ) AS old
        -- Another process may have added some since they were counted.
        WHERE n <= $6
        ON CONFLICT (_id) DO NOTHING`,
      values: [base, source, infos?.source ?? null, `${userPrefix}%`, userSecrets, count],
      query_timeout: batchTimeoutMs,
    };
    const { rowCount } = await client.query(statement);
    await client.query('COMMIT');
    return rowCount ?? 0;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

function isFollowed(source: string): SyncError {
  return new SyncError('POSTGRES_STATEMENT_FAILED', `A couch2pg of CHT Sync follows ${source}.`, {
    remedy: 'Stop it while documents are copied.',
  });
}
