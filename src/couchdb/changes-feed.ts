import { parseChangesEnd, parseChangesRow, type ChangesEnd, type ChangesRow } from './changes-row.js';
import type { CouchDbClient } from './client.js';
import { brokenOff, streamRows } from './row-stream.js';

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
  /** Whether rows come with their documents, which is the default. */
  readonly includeDocs?: boolean;
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
 * Reads one response of `_changes` as a stream, at the pace its consumer takes it. Gives the rows as
 * they come, an event with no rows for each sign of life in between, and the end.
 *
 * @throws SyncError COUCHDB_UNREACHABLE when the response ends before its end: rows given till then are good.
 */
export async function* readChanges(
  client: CouchDbClient,
  path: string,
  { feed, since, limit, includeDocs = true, heartbeatMs, signal }: ChangesOptions,
): AsyncGenerator<ChangesEvent> {
  const request = {
    path,
    query: {
      feed,
      since,
      include_docs: includeDocs,
      heartbeat: heartbeatMs,
      ...(limit === undefined ? {} : { limit }),
    },
    signal,
    gzip: feed === 'normal',
    idleTimeoutMs: heartbeatMs * missedHeartbeats,
  };
  for await (const event of streamRows(client, request, feed === 'continuous' ? 'lines' : 'results')) {
    if (event.type === 'rows') {
      yield { type: 'rows', rows: event.rows.map((row) => parseChangesRow(row, includeDocs)) };
      continue;
    }
    const end = event.tail === undefined ? undefined : parseChangesEnd(event.tail);
    if (end === undefined) throw brokenOff(`${client.url}${path}`, event.tail);
    yield { type: 'end', ...end };
  }
}
