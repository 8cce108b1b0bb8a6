/** What a generated database holds. */
export interface GeneratedOptions {
  readonly documents: number;
  /** The size of a document's body; 0 makes tombstones. */
  readonly bytes: number;
}

/** Stands for the body of a large document, which is the same for all. */
export const bodyMark = Symbol('body');
/** A part of an answer. */
export type Piece = string | typeof bodyMark;

/** Enough rows for one write of small documents. */
const rowsAtOnce = 64;
const largeBytes = 65_536;
const idPrefix = 'document-';
const idDigits = 9;

/** Writes the answers of a database, as CouchDB writes them, without having it. Changes count from 1. */
export class GeneratedDatabase {
  /** What a document has besides `_id` and `_rev`. */
  readonly body: Buffer;
  readonly #bodyPiece: Piece;
  #sequence: number;

  constructor(private readonly options: GeneratedOptions) {
    this.body = bodyOf(options.bytes);
    this.#bodyPiece = options.bytes < largeBytes ? this.body.toString() : bodyMark;
    this.#sequence = options.documents;
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** Adds changes: new revisions of the first documents, over and over. */
  edit(count: number): void {
    this.#sequence += count;
  }

  info(): object {
    const { documents, bytes } = this.options;
    const [live, deleted] = bytes === 0 ? [0, documents] : [documents, 0];
    return {
      ...{ update_seq: `${this.#sequence}-g`, purge_seq: '0', instance_start_time: '1' },
      ...{ doc_count: live, doc_del_count: deleted },
    };
  }

  *changes(query: URLSearchParams): Generator<Piece> {
    const from = query.get('since') ?? '0';
    const since = from === 'now' ? this.#sequence : Number.parseInt(from, 10);
    const upTo = Math.min(this.#sequence, since + Number(query.get('limit') ?? Infinity));
    yield '{"results":[\n';
    yield* this.rows(since, upTo, ',\n');
    yield `],\n"last_seq":"${upTo}-g","pending":${this.#sequence - upTo}}\n`;
  }

  /** The rows of the feed behind `since`. */
  *rows(since: number, upTo: number, separator: string): Generator<Piece> {
    const isTombstone = this.options.bytes === 0;
    const deleted = isTombstone ? '"deleted":true,' : '';
    yield* joined(upTo - since, separator, (i) => {
      const n = since + 1 + i;
      const [id, rev] = [this.#id((n - 1) % this.options.documents), this.#revision(n)];
      const start = `{"seq":"${n}-g","id":"${id}","changes":[{"rev":"${rev}"}],${deleted}`;
      return isTombstone
        ? [`${start}"doc":{"_id":"${id}","_rev":"${rev}","_deleted":true}}`]
        : [`${start}"doc":{"_id":"${id}","_rev":"${rev}"`, this.#bodyPiece, '}}'];
    });
  }

  *allDocs(query: URLSearchParams): Generator<Piece> {
    const total = this.options.bytes === 0 ? 0 : this.options.documents;
    const [startKey, endKey] = ['start_key', 'end_key'].map((name) => query.get(name));
    const isDescending = query.get('descending') === 'true';
    const withDocuments = query.get('include_docs') === 'true';
    const keyOf = (json: string) => JSON.parse(json) as string;
    let [first, behind] = [0, total];
    if (isDescending) behind = startKey == null ? total : this.#firstFrom(`${keyOf(startKey)}\0`);
    else {
      first = startKey == null ? 0 : this.#firstFrom(keyOf(startKey));
      behind = endKey == null ? total : this.#firstFrom(`${keyOf(endKey)}\0`);
    }
    const count = Math.min(Math.max(0, behind - first), Number(query.get('limit') ?? Infinity));
    yield `{"total_rows":${total},"offset":${first},"rows":[\n`;
    yield* joined(count, ',\n', (i) => {
      const index = isDescending ? behind - 1 - i : first + i;
      const [id, rev] = [this.#id(index), this.#revision(this.#lastChange(index))];
      const start = `{"id":"${id}","key":"${id}","value":{"rev":"${rev}"}`;
      return withDocuments ? [`${start},"doc":{"_id":"${id}","_rev":"${rev}"`, this.#bodyPiece, '}}'] : [`${start}}`];
    });
    yield ']}\n';
  }

  #id(index: number): string {
    return `${idPrefix}${String(index).padStart(idDigits, '0')}`;
  }

  #revision(change: number): string {
    return `${1 + Math.floor((change - 1) / this.options.documents)}-${change.toString(16).padStart(32, '0')}`;
  }

  #lastChange(index: number): number {
    const { documents } = this.options;
    return index + 1 + Math.floor((this.#sequence - index - 1) / documents) * documents;
  }

  /** The index of the first document whose id is not below a key. */
  #firstFrom(key: string): number {
    let [low, high] = [0, this.options.documents];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#id(middle) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Rows with separators between them; behind the last stands the end of its line. */
function* joined(count: number, separator: string, rowAt: (index: number) => Piece[]): Generator<Piece> {
  let text = '';
  for (let i = 0; i < count; i += 1) {
    for (const piece of rowAt(i)) {
      if (typeof piece === 'string') text += piece;
      else {
        yield text;
        yield piece;
        text = '';
      }
    }
    text += i === count - 1 ? '\n' : separator;
    if (i % rowsAtOnce !== rowsAtOnce - 1) continue;
    yield text;
    text = '';
  }
  yield text;
}

/** Members of a document, of words that compress well, so that PostgreSQL need not store all of them. */
function bodyOf(bytes: number): Buffer {
  const sentence = 'The health worker visited the household and found everybody well on this day. ';
  const text = sentence.repeat(Math.ceil(bytes / sentence.length)).slice(0, bytes);
  return Buffer.from(`,"type":"data_record","form":"visit","fields":{"note":"${text}"}`);
}
