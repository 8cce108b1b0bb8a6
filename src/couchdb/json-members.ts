/** A scanner for the top-level members of a JSON object that reads no more of it than it must and changes nothing. */

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const colon = 0x3a;

/** One member of an object; offsets are into the scanned buffer, ends exclusive. */
export interface JsonMember {
  readonly key: string;
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

/**
 * Gives the members of the JSON object in `text`, in their order.
 *
 * @throws SyntaxError when it is not an object or ends too early. Values are not checked.
 */
export function* jsonMembers(text: Buffer): Generator<JsonMember> {
  let at = skipSpace(text, 0);
  if (text[at] !== openBrace) throw new SyntaxError('not a JSON object');
  at = skipSpace(text, at + 1);
  if (text[at] === closeBrace) return;
  for (;;) {
    const start = at;
    if (text[at] !== quote) throw new SyntaxError(`a key was expected at byte ${at}`);
    const keyEnd = skipString(text, at);
    const key = JSON.parse(text.toString('utf8', at, keyEnd)) as string;
    at = skipSpace(text, keyEnd);
    if (text[at] !== colon) throw new SyntaxError(`a colon was expected at byte ${at}`);
    const valueStart = skipSpace(text, at + 1);
    const end = skipValue(text, valueStart);
    yield { key, start, valueStart, end };
    at = skipSpace(text, end);
    if (text[at] === closeBrace) return;
    if (text[at] !== comma) throw new SyntaxError(`a comma was expected at byte ${at}`);
    at = skipSpace(text, at + 1);
  }
}

function skipSpace(text: Buffer, from: number): number {
  let at = from;
  while (at < text.length && text.readUInt8(at) <= 0x20) at += 1;
  return at;
}

/** From the opening quote of a string to behind its closing one. */
function skipString(text: Buffer, from: number): number {
  let at = from + 1;
  for (;;) {
    const end = text.indexOf(quote, at);
    if (end < 0) throw new SyntaxError('a string does not end');
    let backslashes = 0;
    while (text[end - 1 - backslashes] === backslash) backslashes += 1;
    at = end + 1;
    if (backslashes % 2 === 0) return at;
  }
}

function skipValue(text: Buffer, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const byte = text[at];
    if (byte === quote) {
      at = skipString(text, at);
      if (depth === 0) return at;
      continue;
    }
    if (byte === openBrace || byte === openBracket) depth += 1;
    else if (byte === closeBrace || byte === closeBracket) {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (byte === comma || text.readUInt8(at) <= 0x20)) return at;
    at += 1;
  }
  throw new SyntaxError('a value does not end');
}

/** The object's JSON without the members of these keys; the rest stands as it stood, byte for byte. */
export function withoutMembers(text: Buffer, keys: ReadonlySet<string>): Buffer {
  const kept: Buffer[] = [];
  let dropped = false;
  for (const member of jsonMembers(text)) {
    if (keys.has(member.key)) dropped = true;
    else kept.push(kept.length === 0 ? Buffer.from('{') : Buffer.from(','), text.subarray(member.start, member.end));
  }
  if (!dropped) return text;
  if (kept.length === 0) kept.push(Buffer.from('{'));
  kept.push(Buffer.from('}'));
  return Buffer.concat(kept);
}
