/** PostgreSQL's COPY in binary form: nothing has to be escaped, so a document's bytes go through as they are. */

/** https://www.postgresql.org/docs/current/sql-copy.html, "File Header": signature, flags, length of the extension. */
const header = Buffer.from([...Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), 0, 0, 0, 0, 0, 0, 0, 0]);
const trailer = Buffer.from([0xff, 0xff]);
/** The only version of `jsonb_recv`'s format: a byte 1, then JSON text. */
const jsonbVersion = 1;
const chunkBytes = 256 * 1024;
const columns = 5;

/** One row of the staging table. */
export interface StagedRow {
  readonly id: string;
  readonly rev: string;
  readonly deleted: boolean;
  /** The document's JSON, in UTF-8. */
  readonly doc: Buffer;
}

/**
 * Encodes rows for `COPY staging (n, _id, _rev, _deleted, doc) FROM STDIN (FORMAT binary)`; `n` counts from 1. Gives
 * chunks of about 256 kB; a larger document is a chunk of its own and is not copied.
 */
export function* encodeCopy(rows: readonly StagedRow[]): Generator<Buffer> {
  let chunk = Buffer.allocUnsafe(chunkBytes);
  let used = header.copy(chunk);
  let n = 0;
  for (const row of rows) {
    n += 1;
    const idBytes = Buffer.byteLength(row.id);
    const revBytes = Buffer.byteLength(row.rev);
    // Field count, five lengths, n, the flag and the version byte.
    const prefix = 2 + 5 * 4 + 4 + 1 + 1 + idBytes + revBytes;
    if (used + prefix + row.doc.length > chunkBytes) {
      yield chunk.subarray(0, used);
      chunk = Buffer.allocUnsafe(Math.max(chunkBytes, prefix));
      used = 0;
    }
    chunk[used] = 0;
    chunk[used + 1] = columns;
    used = writeLength(chunk, used + 2, 4);
    used = writeLength(chunk, used, n);
    used = writeText(chunk, used, row.id, idBytes);
    used = writeText(chunk, used, row.rev, revBytes);
    used = writeLength(chunk, used, 1);
    chunk[used] = row.deleted ? 1 : 0;
    used = writeLength(chunk, used + 1, row.doc.length + 1);
    chunk[used] = jsonbVersion;
    used += 1;
    if (used + row.doc.length <= chunk.length) {
      used += row.doc.copy(chunk, used);
    } else {
      yield chunk.subarray(0, used);
      yield row.doc;
      chunk = Buffer.allocUnsafe(chunkBytes);
      used = 0;
    }
  }
  yield Buffer.concat([chunk.subarray(0, used), trailer]);
}

/** Writes a number below 2^31 in network order, and gives the place behind it. `writeInt32BE` checks more and is slower. */
function writeLength(chunk: Buffer, at: number, value: number): number {
  chunk[at] = value >>> 24;
  chunk[at + 1] = value >>> 16;
  chunk[at + 2] = value >>> 8;
  chunk[at + 3] = value;
  return at + 4;
}

/** Writes a text behind its length; ids and revisions are mostly ASCII and short, for which a loop is faster. */
function writeText(chunk: Buffer, at: number, text: string, bytes: number): number {
  const start = writeLength(chunk, at, bytes);
  if (bytes !== text.length) chunk.write(text, start, 'utf8');
  else for (let i = 0; i < bytes; i += 1) chunk[start + i] = text.charCodeAt(i);
  return start + bytes;
}
