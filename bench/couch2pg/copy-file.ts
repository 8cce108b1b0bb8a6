import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CouchDbClient, Database as SourceDatabase } from '../../src/couchdb/index.js';
import type { Database, Document, Source } from '../servers/couchdb.js';

/** What goes into the file, and where it is. */
export interface CopyFileOptions {
  readonly source: Source;
  readonly database: Database;
  readonly file: string;
  /** How many documents to give back, evenly from all. */
  readonly keep: number;
}

const heartbeatMs = 10_000;
const linesAtOnce = 500;

/**
 * Writes the documents of the source, in the order of its feed, to a file that PostgreSQL's COPY takes as text: rows of
 * `copyColumns`, ready escaped. It also warms the source up.
 */
export async function writeCopyFile({ source, database, file, keep }: CopyFileOptions): Promise<Document[]> {
  const client = new CouchDbClient(source);
  const kept: { text: Buffer; key: string }[] = [];
  const name = `${new URL(source.url).hostname}/${database.name}`;
  async function* lines(): AsyncGenerator<string> {
    const feed = new SourceDatabase(client, database.name).changes({
      ...{ feed: 'normal', since: '0', heartbeatMs },
      signal: new AbortController().signal,
    });
    let n = 0;
    let piece: string[] = [];
    for await (const event of feed) {
      if (event.type === 'end') break;
      for (const { document } of event.rows) {
        if (document === null) throw new Error('the source gave a row without a document');
        const { id, rev, text } = document;
        if (keep > 0) keepSome(kept, { text, key: id }, keep);
        n += 1;
        const stamp = new Date(firstStamp + n).toISOString().slice(0, -1);
        piece.push(`${stamp}\t${escaped(id)}\tf\t${escaped(name)}\t${rev}\t${escaped(text.toString('utf8'))}\n`);
        if (piece.length < linesAtOnce) continue;
        yield piece.join('');
        piece = [];
      }
    }
    yield piece.join('');
  }
  await pipeline(Readable.from(lines()), createWriteStream(file));
  await client.close();
  return kept.map(({ text }) => JSON.parse(text.toString('utf8')) as Document);
}

/** The columns of the table of documents that the file has, in its order. */
export const copyColumns = 'saved_timestamp, _id, _deleted, source, _rev, doc';

const firstStamp = Date.UTC(2026, 0, 1);

/** https://www.postgresql.org/docs/current/sql-copy.html, "Text Format". */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

/** Those with the smallest ids, which are random, are spread evenly over the feed. */
function keepSome<T extends { key: string }>(kept: T[], item: T, count: number): void {
  const greatest = kept.at(-1);
  if (kept.length >= count && greatest !== undefined && item.key >= greatest.key) return;
  if (kept.length >= count) kept.pop();
  const at = kept.findIndex(({ key }) => key > item.key);
  kept.splice(at < 0 ? kept.length : at, 0, item);
}
