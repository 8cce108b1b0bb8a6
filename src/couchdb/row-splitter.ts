import { RowScanner } from './row-scanner.js';

const newline = 0x0a;
const carriageReturn = 0x0d;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
/** Longer than `"update_seq"` of a cluster with many shards could make it. */
const longestOpening = 8192;
/** The line before the rows, as CouchDB writes it. */
const openings = { results: /^\{"results":\[\r?\n/, rows: /^\{[^[\]{}\n]*"rows":\[\r?\n/ };
/** What may still become such a line. */
const unfinishedOpening = /^\{[^[\]{}\n]*(\[\r?)?$/;

/** Where rows stand in a response: a line each and nothing around them, or in the list of this name in an object. */
export type RowLayout = 'lines' | 'results' | 'rows';

/** Takes a response that has rows apart while it arrives. */
export interface RowSplitter {
  /** Gives the rows that are complete with this chunk. A row may be a view of the chunk. */
  push(chunk: Buffer): Buffer[];
  /** The JSON of what stood behind the rows (`last_seq`, `pending`, or an error), once the response has ended. */
  end(): string | undefined;
}

/**
 * Splits as CouchDB writes: one row a line. When a line shows that the response is written otherwise, the rest of it
 * goes through a scanner that understands any JSON.
 */
export function createRowSplitter(layout: RowLayout): RowSplitter {
  return new LineSplitter(layout);
}

class LineSplitter implements RowSplitter {
  #partial: Buffer[] = [];
  #scanner: RowScanner | undefined;
  #started: boolean;
  /** The lines behind the rows. */
  #tail: string | undefined;

  constructor(private readonly layout: RowLayout) {
    this.#started = layout === 'lines';
  }

  push(chunk: Buffer): Buffer[] {
    if (this.#scanner !== undefined) return this.#scanner.push(chunk);
    if (!this.#started) return this.#begin(chunk);
    const rows: Buffer[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(newline, start);
      if (end < 0) {
        if (start < chunk.length) this.#partial.push(chunk.subarray(start));
        return rows;
      }
      const line = this.#line(chunk.subarray(start, end));
      if (!this.#take(line, rows)) {
        this.#scanner = new RowScanner(this.layout, this.layout !== 'lines');
        rows.push(...this.#scanner.push(line), ...this.#scanner.push(chunk.subarray(end)));
        return rows;
      }
      start = end + 1;
    }
  }

  end(): string | undefined {
    if (this.#scanner !== undefined) return this.#scanner.end();
    // A row without the end of its line may be cut: it is left for the next time.
    if (this.#started) this.#take(this.#line(Buffer.alloc(0)), []);
    return this.#started ? this.#tail : this.#line(Buffer.alloc(0)).toString('utf8');
  }

  /** Looks at the first bytes: either they are as CouchDB writes them, or all goes through the scanner. */
  #begin(chunk: Buffer): Buffer[] {
    const start = this.#line(chunk);
    const written = start.toString('latin1', 0, longestOpening);
    if (start.length < longestOpening && (written === '' || unfinishedOpening.test(written))) {
      this.#partial.push(start);
      return [];
    }
    const opening = this.layout === 'lines' ? undefined : openings[this.layout].exec(written)?.[0];
    if (opening !== undefined) {
      this.#started = true;
      return this.push(start.subarray(opening.length));
    }
    this.#scanner = new RowScanner(this.layout, false);
    return this.#scanner.push(start);
  }

  #line(end: Buffer): Buffer {
    if (this.#partial.length === 0) return end;
    const line = Buffer.concat([...this.#partial, end]);
    this.#partial = [];
    return line;
  }

  /** Takes a line; false when it is not as CouchDB writes them. */
  #take(raw: Buffer, rows: Buffer[]): boolean {
    const line = raw[raw.length - 1] === carriageReturn ? raw.subarray(0, -1) : raw;
    if (line.length === 0) return true;
    if (this.#tail !== undefined) {
      this.#tail += line.toString('utf8');
      return true;
    }
    if (line[0] === openBrace) {
      const last = line[line.length - 1];
      const row = last === comma ? line.subarray(0, -1) : line;
      if (row[row.length - 1] !== closeBrace) return false;
      if (isNoRow(row)) this.#tail = row.toString('utf8');
      else rows.push(row);
      return true;
    }
    // `],` and then `"last_seq":…}`, or `]}`
    if (line[0] !== 0x5d || this.layout === 'lines') return false;
    this.#tail = `{${line.toString('utf8', 1).replace(/^\s*,/, '')}`;
    return true;
  }
}

/** In a continuous feed the last line has no row but `last_seq`, or an error. */
function isNoRow(line: Buffer): boolean {
  const start = line.toString('latin1', 0, 12);
  return start.startsWith('{"last_seq"') || start.startsWith('{"error"');
}
