import { isUtf8 } from 'node:buffer';

/** A document's JSON as PostgreSQL can hold it. */
export interface StorableJson {
  readonly text: Buffer;
  /** How many characters were taken out or replaced. */
  readonly replaced: number;
}

const backslash = 0x5c;
const letterU = 0x75;
const escapeLength = 6;
const replacement = Buffer.from('\\ufffd');

/**
 * Makes JSON storable as `jsonb`, which refuses U+0000 and lone surrogates: an escaped U+0000 is taken out, an escaped
 * lone surrogate (and bytes that are no UTF-8) becomes U+FFFD. All else stays, byte for byte; so does an escaped backslash
 * that happens to stand before `u0000`.
 */
export function storableJson(json: Buffer): StorableJson {
  if (isUtf8(json)) return mayHaveUnicodeEscape(json) ? replaceEscapes(json) : { text: json, replaced: 0 };
  const { text, replaced } = replaceEscapes(Buffer.from(json.toString('utf8')));
  return { text, replaced: replaced + 1 };
}

/** Looking for one byte is several times faster than looking for two, and most documents have none. */
const mayHaveUnicodeEscape = (json: Buffer) => json.includes(backslash) && json.includes('\\u');

function replaceEscapes(json: Buffer): StorableJson {
  const kept: Buffer[] = [];
  let replaced = 0;
  let copied = 0;
  const replace = (at: number, by: Buffer | undefined) => {
    kept.push(json.subarray(copied, at));
    if (by !== undefined) kept.push(by);
    copied = at + escapeLength;
    replaced += 1;
  };
  // JSON has backslashes in strings only, each the beginning of an escape.
  let at = json.indexOf(backslash);
  while (at >= 0) {
    const unit = codeUnit(json, at);
    let next = at + (unit === undefined ? 2 : escapeLength);
    if (unit === 0) replace(at, undefined);
    else if (unit !== undefined && isSurrogate(unit)) {
      if (isHigh(unit) && isLow(codeUnit(json, next))) next += escapeLength;
      else replace(at, replacement);
    }
    at = json.indexOf(backslash, next);
  }
  if (replaced === 0) return { text: json, replaced };
  kept.push(json.subarray(copied));
  return { text: Buffer.concat(kept), replaced };
}

/** The code unit of the `\uXXXX` at this place; undefined when there is no such escape. */
function codeUnit(json: Buffer, at: number): number | undefined {
  if (json[at] !== backslash || json[at + 1] !== letterU) return undefined;
  const unit = Number.parseInt(json.toString('latin1', at + 2, at + escapeLength), 16);
  return Number.isNaN(unit) ? undefined : unit;
}

const isSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdfff;
const isHigh = (unit: number) => unit <= 0xdbff;
const isLow = (unit: number | undefined) => unit !== undefined && unit >= 0xdc00 && unit <= 0xdfff;
