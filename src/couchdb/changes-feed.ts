import { SyncError } from '../lib/index.js';
import { parseChangesEnd, parseChangesRow, type ChangesEnd, type ChangesRow } from './changes-row.js';
import type { CouchDbClient } from './client.js';
import { classifyTransportError, invalidAnswer } from './couchdb-error.js';
import { createRowSplitter } from './row-splitter.js';

/**
 * How to read: `normal` gives what there is and ends; `longpoll` waits for the first change, gives it and ends;
 * `continuous` goes on until the connection or CouchDB ends it.
 */
export type FeedMode = 'normal' | 'longpoll' | 'continuous';

/** What to read of the feed. */
export interface ChangesOptions {
  readonly feed: FeedMode;
  /** The sequence to start behind; "0" for the beginning. */
  readonly since: string;
  /** The most rows of this response. */
  readonly limit?: number;
  /** How often CouchDB sends an empty line while nothing happens, in milliseconds. */
  readonly heartbeatMs: number;
  readonly signal: AbortSignal;
}

/** The rows that came with a piece of the response, or its end. */
export type ChangesEvent =
  { readonly type: 'rows'; readonly rows: readonly ChangesRow[] } | ({ readonly type: 'end' } & ChangesEnd);

/** A connection without a byte for this many heartbeats is dead. */
const missedHeartbeats = 3;

/**
 * Reads one response of `_changes?include_docs=true` as a stream, at the pace its consumer takes it. Gives the rows as
 * they come, an event with no rows for each sign of life in between, and the end.
 *
 * @throws SyncError COUCHDB_UNREACHABLE when the response ends before its end: rows given till then are good.
 */
export async function* readChanges(
  client: CouchDbClient,
  path: string,
  { feed, since, limit, heartbeatMs, signal }: ChangesOptions,
): AsyncGenerator<ChangesEvent> {
  const address = `${client.url}${path}`;
  const { body } = await client.get({
    path,
    query: {
      feed,
      since,
      include_docs: true,
      heartbeat: heartbeatMs,
      ...(limit === undefined ? {} : { limit }),
    },
    signal,
    gzip: feed === 'normal',
    idleTimeoutMs: heartbeatMs * missedHeartbeats,
  });
  const splitter = createRowSplitter(feed === 'continuous');
  try {
    for await (const chunk of body) {
      yield { type: 'rows', rows: splitter.push(chunk as Buffer).map(parseChangesRow) };
    }
  } catch (error) {
    throw classifyTransportError(error, address);
  }
  const tail = splitter.end();
  const end = tail === undefined ? undefined : parseChangesEnd(tail);
  if (end !== undefined) yield { type: 'end', ...end };
  else throw unfinished(address, tail);
}

function unfinished(address: string, tail: string | undefined): SyncError {
  if (tail !== undefined && !tail.startsWith('{')) return invalidAnswer(address, tail);
  const error = /"error"\s*:\s*"([^"]*)"/.exec(tail ?? '')?.[1];
  return new SyncError(
    'COUCHDB_UNREACHABLE',
    error === undefined ? `${address}: the answer was cut off` : `${address}: CouchDB broke off with "${error}"`,
    { passing: true },
  );
}
