import type { RowLayout } from './row-splitter.js';

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/**
 * Splits a response that has rows in whatever layout its JSON is: pretty-printed, on one line, with other spaces.
 * It looks at each byte, so it is many times slower than splitting by lines.
 */
export class RowScanner {
  #depth: number;
  #inString = false;
  #escaped = false;
  #row: Buffer[] = [];
  #inRow = false;
  #envelope = '';
  readonly #rowDepth: number;

  /** @param inList - whether `{"results":[` or the like has gone by already. */
  constructor(
    private readonly layout: RowLayout,
    inList: boolean,
  ) {
    this.#rowDepth = layout === 'lines' ? 0 : 2;
    this.#depth = inList ? 2 : 0;
    if (inList) this.#envelope = `{"${layout}":[`;
  }

  push(chunk: Buffer): Buffer[] {
    const rows: Buffer[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === backslash) this.#escaped = true;
        else if (byte === quote) this.#inString = false;
        continue;
      }
      if (byte === quote) this.#inString = true;
      else if (byte === openBrace || byte === openBracket) {
        if (this.#depth === this.#rowDepth && byte === openBrace) {
          this.#envelope += chunk.toString('utf8', start, at);
          start = at;
          this.#inRow = true;
        }
        this.#depth += 1;
      } else if (byte === closeBrace || byte === closeBracket) {
        this.#depth -= 1;
        if (this.#inRow && this.#depth === this.#rowDepth) {
          rows.push(Buffer.concat([...this.#row, chunk.subarray(start, at + 1)]));
          this.#row = [];
          this.#inRow = false;
          start = at + 1;
        }
      }
    }
    if (this.#inRow) this.#row.push(chunk.subarray(start));
    else this.#envelope += chunk.toString('utf8', start);
    return this.layout === 'lines' ? rows.filter((row) => !this.#takeEnd(row)) : rows;
  }

  end(): string | undefined {
    if (this.#inRow || this.#depth !== 0) return undefined;
    const envelope = this.#envelope.replace(/("(?:results|rows)"\s*:\s*\[)[\s,]*\]/, '$1]').trim();
    return envelope === '' ? undefined : envelope;
  }

  #takeEnd(row: Buffer): boolean {
    if (!/^\{\s*"(last_seq|error)"/.test(row.toString('latin1', 0, 40))) return false;
    this.#envelope = row.toString('utf8');
    return true;
  }
}
