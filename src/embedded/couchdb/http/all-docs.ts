import { jsonBody, jsonObject } from '../json/body.js';
import type { Database, DocumentRecord } from '../store/database.js';
import { withMembers } from '../store/document.js';
import { leaves } from '../store/revision-tree.js';
import type { Exchange } from './exchange.js';
import type { Output } from './output.js';
import { flag, jsonValue, textList, wholeNumber } from './parameters.js';

/** What a client asks of `_all_docs`. */
interface AllDocsOptions {
  readonly keys: readonly string[] | undefined;
  readonly start: string | undefined;
  readonly end: string | undefined;
  readonly inclusiveEnd: boolean;
  readonly descending: boolean;
  readonly limit: number;
  readonly skip: number;
  readonly includeDocs: boolean;
  readonly conflicts: boolean;
}

interface Found {
  readonly id: string;
  readonly record: DocumentRecord | undefined;
}

/** Rows whose documents are read together. */
const together = 200;
/** Behind every id. */
const lastKey = '\u{10ffff}\u{10ffff}';

/**
 * `GET` and `POST /{db}/_all_docs`: in the order of code points, as CouchDB. `offset` is null where it would have to be
 * counted, which is when there is a `start_key`.
 */
export async function allDocs(exchange: Exchange, database: Database): Promise<void> {
  const options = await allDocsOptions(exchange);
  const output = exchange.stream(200);
  const { keys, start, skip } = options;
  const offset = keys === undefined && start === undefined ? Math.min(skip, database.state.live) : 'null';
  await output.write(`{"total_rows":${database.state.live},"offset":${offset},"rows":[\r\n`);
  const rows = new RowWriter(database, options, output);
  if (keys === undefined) await rangeOf(database, options, rows);
  else {
    for (let at = skip; at < Math.min(keys.length, skip + options.limit); at += together) {
      const ids = keys.slice(at, Math.min(at + together, skip + options.limit));
      const records = await database.records(ids);
      for (const [index, id] of ids.entries()) await rows.add({ id, record: records[index] });
    }
  }
  await rows.flush();
  await output.write('\r\n]}\n');
  await output.end();
}

async function rangeOf(database: Database, options: AllDocsOptions, rows: RowWriter): Promise<void> {
  const { start, end, inclusiveEnd, descending, limit } = options;
  const { documents } = database.keys;
  const first = documents.gte + (start ?? (descending ? lastKey : ''));
  const last = documents.gte + (end ?? (descending ? '' : lastKey));
  const range = descending
    ? { lte: first, ...(inclusiveEnd ? { gte: last } : { gt: last }), reverse: true }
    : { gte: first, ...(inclusiveEnd ? { lte: last } : { lt: last }) };
  let { skip } = options;
  let left = limit;
  for await (const [key, text] of database.level.iterator(range)) {
    if (left === 0) return;
    const record = JSON.parse(text) as DocumentRecord;
    if (record.deleted) continue;
    if (skip > 0) {
      skip -= 1;
      continue;
    }
    await rows.add({ id: key.slice(documents.gte.length), record });
    left -= 1;
  }
}

/** Gathers rows, so that their documents are read together. */
class RowWriter {
  #waiting: Found[] = [];
  #any = false;

  constructor(
    private readonly database: Database,
    private readonly options: AllDocsOptions,
    private readonly output: Output,
  ) {}

  async add(found: Found): Promise<void> {
    this.#waiting.push(found);
    if (this.#waiting.length === together) await this.flush();
  }

  async flush(): Promise<void> {
    const found = this.#waiting;
    this.#waiting = [];
    if (found.length === 0) return;
    const places = found.flatMap(({ id, record }) => (record === undefined ? [] : [{ id, seq: record.seq }]));
    const rows = this.options.includeDocs ? await this.database.rows(places) : [];
    const texts = new Map(places.map(({ id }, at) => [id, rows[at]?.document]));
    const lines = found.map(({ id, record }) => this.#line(id, record, texts.get(id)));
    await this.output.write((this.#any ? ',\r\n' : '') + lines.join(',\r\n'));
    this.#any = true;
  }

  #line(id: string, record: DocumentRecord | undefined, text: string | undefined): string {
    const key = JSON.stringify(id);
    if (record === undefined) return `{"key":${key},"error":"not_found"}`;
    const value = `{"rev":"${record.rev}"${record.deleted ? ',"deleted":true' : ''}}`;
    const line = `{"id":${key},"key":${key},"value":${value}`;
    if (!this.options.includeDocs) return `${line}}`;
    return `${line},"doc":${record.deleted || text === undefined ? 'null' : this.#document(record, text)}}`;
  }

  #document(record: DocumentRecord, text: string): string {
    if (!this.options.conflicts) return text;
    const conflicts = leaves(record.tree).filter(({ rev, deleted }) => !deleted && rev !== record.rev);
    return conflicts.length === 0 ? text : withMembers(text, { _conflicts: conflicts.map(({ rev }) => rev) });
  }
}

async function allDocsOptions(exchange: Exchange): Promise<AllDocsOptions> {
  const { query } = exchange;
  let keys = jsonValue(query, 'keys');
  if (exchange.method === 'POST') {
    const bytes = await exchange.bytes();
    const body = bytes.length === 0 ? {} : jsonObject(jsonBody(bytes));
    keys = body.keys ?? keys;
    for (const [name, value] of Object.entries(body)) {
      if (name !== 'keys' && !query.has(name)) query.set(name, JSON.stringify(value));
    }
  }
  const key = jsonValue(query, 'key');
  return {
    keys: keys === undefined ? undefined : textList(keys, 'keys'),
    start: asText(key ?? jsonValue(query, 'start_key') ?? jsonValue(query, 'startkey')),
    end: asText(key ?? jsonValue(query, 'end_key') ?? jsonValue(query, 'endkey')),
    inclusiveEnd: query.get('inclusive_end') !== 'false',
    descending: flag(query, 'descending'),
    limit: wholeNumber(query, 'limit') ?? Infinity,
    skip: wholeNumber(query, 'skip') ?? 0,
    includeDocs: flag(query, 'include_docs'),
    conflicts: flag(query, 'conflicts'),
  };
}

/** Ids are texts; in CouchDB's order of values numbers come before every text, lists and objects after. */
function asText(key: unknown): string | undefined {
  if (key === undefined || typeof key === 'string') return key;
  return typeof key === 'object' && key !== null ? lastKey : '';
}
