import { isUtf8 } from 'node:buffer';
import { distinctKeys } from './distinct-keys.js';

/** A document's JSON as PostgreSQL can hold it. */
export interface StorableJson {
  readonly text: Buffer;
  /** How many characters were taken out or replaced. */
  readonly replaced: number;
}

const backslash = 0x5c;
const quote = 0x22;
const colon = 0x3a;
const letterU = 0x75;
const escapeLength = 6;
const replacement = Buffer.from('\\ufffd');
const replacementCharacter = Buffer.from('\ufffd');

/**
 * Makes JSON storable as `jsonb`, which refuses U+0000 and lone surrogates: an escaped U+0000 is taken out, an escaped
 * lone surrogate (and bytes that are no UTF-8) becomes U+FFFD. All else stays, byte for byte; so does an escaped backslash
 * that happens to stand before `u0000`.
 *
 * Where two members of an object would get one key by it, of which `jsonb` keeps only the last, nothing is replaced:
 * PostgreSQL then refuses the document, and it is parked whole.
 */
export function storableJson(json: Buffer): StorableJson {
  if (isUtf8(json)) return mayHaveUnicodeEscape(json) ? replaceEscapes(json) : { text: json, replaced: 0 };
  const decoded = Buffer.from(json.toString('utf8'));
  const inBytes = count(decoded, replacementCharacter) - count(json, replacementCharacter);
  const { text, replaced } = replaceEscapes(decoded);
  return { text, replaced: replaced + inBytes };
}

/** Looking for one byte is several times faster than looking for two, and most documents have none. */
const mayHaveUnicodeEscape = (json: Buffer) => json.includes(backslash) && json.includes('\\u');

function replaceEscapes(json: Buffer): StorableJson {
  const kept: Buffer[] = [];
  let replaced = 0;
  let copied = 0;
  let stringEnd = -1;
  const touched = { key: false };
  const replace = (at: number, by: Buffer | undefined) => {
    kept.push(json.subarray(copied, at));
    if (by !== undefined) kept.push(by);
    copied = at + escapeLength;
    replaced += 1;
    if (at < stringEnd) return;
    stringEnd = endOfString(json, copied);
    touched.key ||= isKey(json, stringEnd);
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
  const text = Buffer.concat(kept);
  const keysMeet = touched.key && distinctKeys(text) < distinctKeys(json);
  return keysMeet ? { text: json, replaced: 0 } : { text, replaced };
}

const hexadecimal = /^[0-9a-f]{4}$/i;

/** The code unit of the `\uXXXX` at this place; undefined when there is no such escape. */
function codeUnit(json: Buffer, at: number): number | undefined {
  if (json[at] !== backslash || json[at + 1] !== letterU) return undefined;
  const digits = json.toString('latin1', at + 2, at + escapeLength);
  return hexadecimal.test(digits) ? Number.parseInt(digits, 16) : undefined;
}

const isSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdfff;
const isHigh = (unit: number) => unit <= 0xdbff;
const isLow = (unit: number | undefined) => unit !== undefined && unit >= 0xdc00 && unit <= 0xdfff;

/** The place of the quote that ends the string around this place. */
function endOfString(json: Buffer, from: number): number {
  let at = from;
  while (at < json.length && json[at] !== quote) at += json[at] === backslash ? 2 : 1;
  return at;
}

/** Whether the string that ends here is the key of a member. */
function isKey(json: Buffer, end: number): boolean {
  let at = end + 1;
  while (at < json.length && json.readUInt8(at) <= 0x20) at += 1;
  return json[at] === colon;
}

function count(bytes: Buffer, wanted: Buffer): number {
  let found = 0;
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + wanted.length)) found += 1;
  return found;
}
