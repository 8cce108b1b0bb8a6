import { badRequest } from '../couch-error.js';
import { jsonBody, jsonObject } from '../json/body.js';
import { readSequence, type ShardPosition } from '../store/sequence.js';
import type { Exchange } from './exchange.js';
import { flag, jsonValue, textList, wholeNumber } from './parameters.js';

/** What a client asks of `_changes`. */
export interface ChangesOptions {
  readonly feed: 'normal' | 'longpoll' | 'continuous';
  readonly since: readonly ShardPosition[] | 'now';
  /** Infinity when it was not given. */
  readonly limit: number;
  /** Every so manieth row has its sequence, counted as CouchDB does from `limit` down; the others have null. */
  readonly seqInterval: number;
  readonly includeDocs: boolean;
  readonly allLeaves: boolean;
  readonly conflicts: boolean;
  readonly descending: boolean;
  /** Milliseconds between the empty lines that say that the connection lives; they replace `timeout`. */
  readonly heartbeatMs: number | undefined;
  /** How long to wait for changes. */
  readonly timeoutMs: number;
  /** Only these documents. */
  readonly ids: ReadonlySet<string> | undefined;
}

/** CouchDB's `[chttpd] changes_timeout`: the longest, and what holds when none is given. */
const longestTimeoutMs = 60_000;

/** @throws CouchError 400 naming the parameter that is wrong. */
export async function changesOptions(exchange: Exchange): Promise<ChangesOptions> {
  const { query, method } = exchange;
  const body = method === 'POST' ? await postedBody(exchange) : {};
  const heartbeat = query.get('heartbeat') === 'true' ? longestTimeoutMs : heartbeatOf(query);
  return {
    feed: feedOf(query.get('feed')),
    since: sinceOf(query.get('since') ?? exchange.request.headers['last-event-id']),
    limit: wholeNumber(query, 'limit') ?? Infinity,
    seqInterval: Math.max(1, wholeNumber(query, 'seq_interval') ?? 1),
    includeDocs: flag(query, 'include_docs'),
    allLeaves: query.get('style') === 'all_docs',
    conflicts: flag(query, 'conflicts'),
    descending: flag(query, 'descending'),
    heartbeatMs: heartbeat,
    timeoutMs: Math.min(longestTimeoutMs, wholeNumber(query, 'timeout') ?? longestTimeoutMs),
    ids: idsOf(query, body),
  };
}

async function postedBody(exchange: Exchange): Promise<Record<string, unknown>> {
  const bytes = await exchange.bytes();
  if (bytes.length === 0) return {};
  return jsonObject(jsonBody(bytes));
}

function feedOf(text: string | null): ChangesOptions['feed'] {
  if (text === null || text === 'normal') return 'normal';
  if (text === 'longpoll' || text === 'continuous') return text;
  throw badRequest('Supported `feed` types: normal, continuous, longpoll');
}

function sinceOf(text: string | string[] | null | undefined): ChangesOptions['since'] {
  if (text === 'now') return text;
  if (text === null || text === undefined || text === '0' || text === '') return [];
  return readSequence(String(text));
}

function heartbeatOf(query: URLSearchParams): number | undefined {
  if (query.get('heartbeat') === 'false') return undefined;
  const given = wholeNumber(query, 'heartbeat');
  if (given === 0) throw badRequest('The heartbeat value should be a positive integer (in milliseconds).');
  return given;
}

function idsOf(query: URLSearchParams, body: Record<string, unknown>): ReadonlySet<string> | undefined {
  const filter = query.get('filter');
  if (filter === null || filter === '') return undefined;
  if (filter !== '_doc_ids') throw badRequest('The embedded source has no filter but _doc_ids');
  return new Set(textList(body.doc_ids ?? jsonValue(query, 'doc_ids'), 'doc_ids'));
}
