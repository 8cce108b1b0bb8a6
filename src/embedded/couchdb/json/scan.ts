/**
 * Cutting JSON text into pieces without re-serialising it, so that numbers such as 1e400 or 2^53+1, `\u0000` and lone
 * surrogates come out as they went in. All functions here expect text that `JSON.parse` has accepted.
 */

/** One member of an object. */
export interface Member {
  readonly key: string;
  /** `"key":value` as it stands in the text. */
  readonly text: string;
  /** The value as it stands in the text. */
  readonly value: string;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const space = 0x20;

/** The text without whitespace between its tokens; the same string when there was none. */
export function compact(text: string): string {
  const kept: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) at = stringEnd(text, at) - 1;
    else if (code <= space) {
      if (at > from) kept.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return from === 0 ? text : kept.join('') + text.slice(from);
}

/** The members of the object that `text`, which must be compact, consists of. */
export function members(text: string): Member[] {
  const found: Member[] = [];
  let at = 1;
  while (text.charCodeAt(at) === quote) {
    const keyEnd = stringEnd(text, at);
    const valueStart = keyEnd + 1;
    const end = valueEnd(text, valueStart);
    const rawKey = text.slice(at + 1, keyEnd - 1);
    found.push({
      key: rawKey.includes('\\') ? (JSON.parse(text.slice(at, keyEnd)) as string) : rawKey,
      text: text.slice(at, end),
      value: text.slice(valueStart, end),
    });
    at = end + 1;
  }
  return found;
}

/** The elements of the array that `text`, which must be compact, consists of. */
export function elements(text: string): string[] {
  const found: string[] = [];
  let at = 1;
  while (at < text.length - 1) {
    const end = valueEnd(text, at);
    found.push(text.slice(at, end));
    at = end + 1;
  }
  return found;
}

/** The position after the string that opens at `at`. */
function stringEnd(text: string, at: number): number {
  let end = at;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes += 1;
    if (escapes % 2 === 0) return end + 1;
  }
}

/** The position after the value that begins at `at`. */
function valueEnd(text: string, at: number): number {
  let depth = 0;
  for (let end = at; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (code === quote) end = stringEnd(text, end) - 1;
    else if (code === openBrace || code === openBracket) depth += 1;
    else if (code === comma && depth === 0) return end;
    else if (code === closeBrace || code === closeBracket) {
      if (depth === 0) return end;
      depth -= 1;
    }
  }
  return text.length;
}
