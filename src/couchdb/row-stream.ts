import { SyncError } from '../lib/index.js';
import type { CouchDbClient, CouchDbRequest } from './client.js';
import { classifyTransportError, invalidAnswer } from './couchdb-error.js';
import { createRowSplitter, type RowLayout } from './row-splitter.js';

/** The rows that came with a piece of a response, none for a sign of life; or what stood behind the rows. */
export type RowEvent =
  | { readonly type: 'rows'; readonly rows: readonly Buffer[] }
  | { readonly type: 'end'; readonly tail: string | undefined };

/**
 * Reads a response that has rows as a stream, at the pace its consumer takes it. The last event is its end; whether it
 * ended as it should is for the consumer to see by the tail: `brokenOff` makes the error if not.
 *
 * @throws SyncError COUCHDB_*.
 */
export async function* streamRows(
  client: CouchDbClient,
  request: CouchDbRequest,
  layout: RowLayout,
): AsyncGenerator<RowEvent> {
  const { body } = await client.get(request);
  const splitter = createRowSplitter(layout);
  try {
    for await (const chunk of body) yield { type: 'rows', rows: splitter.push(chunk as Buffer) };
  } catch (error) {
    throw classifyTransportError(error, `${client.url}${request.path}`);
  }
  yield { type: 'end', tail: splitter.end() };
}

/** The error for a response that has ended before its end. */
export function brokenOff(address: string, tail: string | undefined): SyncError {
  if (tail !== undefined && tail.trim() !== '' && !tail.trimStart().startsWith('{'))
    return invalidAnswer(address, tail);
  const error = /"error"\s*:\s*"([^"]*)"/.exec(tail ?? '')?.[1];
  return new SyncError(
    'COUCHDB_UNREACHABLE',
    error === undefined ? `${address}: the answer was cut off` : `${address}: CouchDB broke off with "${error}"`,
    { passing: true },
  );
}
