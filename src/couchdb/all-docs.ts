import { parseAllDocsRow, parseKeyRow, type AllDocsRow, type KeyRow } from './all-docs-row.js';
import type { CouchDbClient, CouchDbRequest } from './client.js';
import { brokenOff, streamRows } from './row-stream.js';

/** What to read of `_all_docs`. */
export interface AllDocsOptions {
  /** The first id, if it is there; without it from the beginning. */
  readonly startKey?: string;
  /** The last id, if it is there; without it to the end. */
  readonly endKey?: string;
  /** The most rows. */
  readonly limit?: number;
  /** From the end to the beginning; `startKey` is the greatest then. */
  readonly descending?: boolean;
  /** Whether rows come with their documents. */
  readonly includeDocs: boolean;
  readonly signal?: AbortSignal;
}

/** CouchDB sends nothing while it passes over tombstones, of which there may be millions in a row. */
const idleTimeoutMs = 300_000;

/** The first id behind this one in CouchDB's order, which is that of the bytes of ids in UTF-8. */
export function firstIdBehind(id: string): string {
  return `${id}\0`;
}

/**
 * Reads the documents that are not deleted, in the order of the bytes of their ids, as a stream at the pace its consumer
 * takes it. To go on where a response broke off: `startKey: firstIdBehind(lastId)`.
 *
 * @throws SyncError COUCHDB_UNREACHABLE when the response ends before its end: rows given till then are good.
 */
export async function* readAllDocs(
  client: CouchDbClient,
  path: string,
  { startKey, endKey, limit, descending, includeDocs, signal }: AllDocsOptions,
): AsyncGenerator<readonly AllDocsRow[]> {
  const query = {
    include_docs: includeDocs,
    ...(startKey === undefined ? {} : { start_key: JSON.stringify(startKey) }),
    ...(endKey === undefined ? {} : { end_key: JSON.stringify(endKey) }),
    ...(limit === undefined ? {} : { limit }),
    ...(descending === true ? { descending } : {}),
  };
  for await (const rows of readRows(client, { path, query, idleTimeoutMs, ...(signal && { signal }) })) {
    yield rows.map(parseAllDocsRow);
  }
}

/**
 * Asks for documents by their ids, deleted ones too. Each id gets a row, in the order of `ids`.
 *
 * @throws SyncError COUCHDB_*.
 */
export async function* readKeys(
  client: CouchDbClient,
  path: string,
  ids: readonly string[],
  { includeDocs, signal }: Pick<AllDocsOptions, 'includeDocs' | 'signal'>,
): AsyncGenerator<readonly KeyRow[]> {
  const request = { path, query: { include_docs: includeDocs }, json: { keys: ids }, ...(signal && { signal }) };
  for await (const rows of readRows(client, request)) yield rows.map(parseKeyRow);
}

async function* readRows(client: CouchDbClient, request: CouchDbRequest): AsyncGenerator<readonly Buffer[]> {
  for await (const event of streamRows(client, request, 'rows')) {
    if (event.type === 'end') {
      if (!isWhole(event.tail)) throw brokenOff(`${client.url}${request.path}`, event.tail);
    } else if (event.rows.length > 0) yield event.rows;
  }
}

/** Whether a response has come to its end: an object, without an error. */
function isWhole(tail: string | undefined): boolean {
  try {
    const end = JSON.parse(tail ?? '') as unknown;
    return typeof end === 'object' && end !== null && !('error' in end);
  } catch {
    return false;
  }
}
