import type pg from 'pg';
import { messageOf } from '../lib/index.js';
import {
  blameFor,
  classifyPostgresError,
  isStorableText,
  listParked,
  nextWatermark,
  notifyChange,
  parkedTextOf,
  prepareStaging,
  sqlState,
  stage,
  tableNames,
  type Parked,
} from '../postgres/index.js';
import { storableJson } from './storable-json.js';
import { writeStaged } from './write-staged.js';

/** Where the documents are. */
export interface RetryTarget {
  readonly pool: pg.Pool;
  readonly schema: string;
  readonly table: string;
}

/** What came of a document that was tried again. */
export type RetryOutcome =
  | { readonly kind: 'stored' }
  /** PostgreSQL has refused it again. */
  | { readonly kind: 'refused'; readonly code: string; readonly error: string }
  /** Its text is not whole. */
  | { readonly kind: 'incomplete' }
  /** It is not parked any more in this revision, or the table has got another one since it was. */
  | { readonly kind: 'overtaken' };

/**
 * Writes parked documents again, each in a transaction of its own, and tells what came of each. A running couch2pg is not
 * disturbed: what it has written meanwhile stays.
 *
 * @throws SyncError POSTGRES_* for what is no document's fault.
 */
export async function* retryRejected(
  { pool, schema, table }: RetryTarget,
  documents: readonly Parked[],
): AsyncGenerator<{ readonly document: Parked; readonly outcome: RetryOutcome }> {
  const client = await pool.connect().catch((error: unknown) => {
    throw classifyPostgresError(error, 'connecting');
  });
  try {
    await prepareStaging(client);
    for (const document of documents) {
      try {
        yield { document, outcome: await retryOne(client, { schema, table }, document) };
      } catch (error) {
        throw classifyPostgresError(error, `writing ${document.id} of ${document.source}`);
      }
    }
  } finally {
    // With its temporary table and whatever an error has left.
    client.release(true);
  }
}

async function retryOne(
  client: pg.ClientBase,
  { schema, table }: Pick<RetryTarget, 'schema' | 'table'>,
  document: Parked,
): Promise<RetryOutcome> {
  const { source, id, rev, deleted } = document;
  const names = tableNames(schema, table);
  if (!document.isWhole) return { kind: 'incomplete' };
  const text = await parkedTextOf(client, names, document);
  if (text === undefined) return { kind: 'overtaken' };
  const json = Buffer.from(text);
  await client.query('BEGIN');
  try {
    await stage(client, [{ id, rev, deleted, doc: isStorableText(id) ? storableJson(json).text : json }]);
    const base = await nextWatermark(client, names, 1);
    // From here on nobody else writes. What is parked still, and over the same row, is the newest there is.
    const [now] = (await listParked(client, names, { source, id })).filter((parked) => parked.id === id);
    if (now?.rev !== rev || now.stored !== now.replaces) {
      await client.query('ROLLBACK');
      return { kind: 'overtaken' };
    }
    const { savedTimestamp } = await writeStaged(client, names, source, { count: 1, base });
    if (savedTimestamp !== undefined) {
      await notifyChange(client, { schema, table, source, saved_timestamp: savedTimestamp });
    }
    await client.query('COMMIT');
    return { kind: 'stored' };
  } catch (error) {
    if (blameFor(error) === 'server') throw error;
    await client.query('ROLLBACK');
    return { kind: 'refused', code: sqlState(error) ?? '', error: messageOf(error) };
  }
}
