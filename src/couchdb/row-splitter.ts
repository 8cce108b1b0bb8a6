import { RowScanner } from './row-scanner.js';

const newline = 0x0a;
const carriageReturn = 0x0d;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const closeBracket = 0x5d;
const letterE = 0x65;
const letterL = 0x6c;
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
      const whole = this.#partial.length === 0;
      const line = whole ? chunk : this.#line(chunk.subarray(start, end));
      const [lineStart, lineEnd] = whole ? [start, end] : [0, line.length];
      if (!this.#take(line, lineStart, lineEnd, rows)) {
        this.#scanner = new RowScanner(this.layout, this.layout !== 'lines');
        rows.push(...this.#scanner.push(line.subarray(lineStart, lineEnd)), ...this.#scanner.push(chunk.subarray(end)));
        return rows;
      }
      start = end + 1;
    }
  }

  end(): string | undefined {
    if (this.#scanner !== undefined) return this.#scanner.end();
    // A row without the end of its line may be cut: it is left for the next time.
    const rest = this.#line(Buffer.alloc(0));
    if (this.#started) this.#take(rest, 0, rest.length, []);
    return this.#started ? this.#tail : rest.toString('utf8');
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

  /** Takes the line at this place of a buffer; false when it is not as CouchDB writes them. */
  #take(buffer: Buffer, start: number, lineEnd: number, rows: Buffer[]): boolean {
    const end = buffer[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd;
    if (end <= start) return true;
    if (this.#tail !== undefined) {
      this.#tail += buffer.toString('utf8', start, end);
      return true;
    }
    if (buffer[start] === openBrace) {
      const rowEnd = buffer[end - 1] === comma ? end - 1 : end;
      if (buffer[rowEnd - 1] !== closeBrace) return false;
      const row = buffer.subarray(start, rowEnd);
      if (isNoRow(row)) this.#tail = row.toString('utf8');
      else rows.push(row);
      return true;
    }
    // `],` and then `"last_seq":…}`, or `]}`
    if (buffer[start] !== closeBracket || this.layout === 'lines') return false;
    this.#tail = `{${buffer.toString('utf8', start + 1, end).replace(/^\s*,/, '')}`;
    return true;
  }
}

/** In a continuous feed the last line has no row but `last_seq`, or an error. */
function isNoRow(line: Buffer): boolean {
  // Behind `{"`. Of rows there are many: making each a string to see that it is one would cost more than all else here.
  if (line[2] !== letterL && line[2] !== letterE) return false;
  const start = line.toString('latin1', 0, 12);
  return start.startsWith('{"last_seq"') || start.startsWith('{"error"');
}
