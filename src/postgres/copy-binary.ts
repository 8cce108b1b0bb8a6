/** PostgreSQL's COPY in binary form: nothing has to be escaped, so a document's bytes go through as they are. */

/** https://www.postgresql.org/docs/current/sql-copy.html, "File Header": signature, flags, length of the extension. */
const header = Buffer.from([...Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), 0, 0, 0, 0, 0, 0, 0, 0]);
const trailer = Buffer.from([0xff, 0xff]);
/** The only version of `jsonb_recv`'s format: a byte 1, then JSON text. */
const jsonbVersion = 1;
const chunkBytes = 256 * 1024;

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
  for (const [index, row] of rows.entries()) {
    const idBytes = Buffer.byteLength(row.id);
    const revBytes = Buffer.byteLength(row.rev);
    // Field count, five lengths, n, the flag and the version byte.
    const prefix = 2 + 5 * 4 + 4 + 1 + 1 + idBytes + revBytes;
    if (used + prefix + row.doc.length > chunkBytes) {
      yield chunk.subarray(0, used);
      chunk = Buffer.allocUnsafe(Math.max(chunkBytes, prefix));
      used = 0;
    }
    used = chunk.writeInt16BE(5, used);
    used = chunk.writeInt32BE(4, used);
    used = chunk.writeInt32BE(index + 1, used);
    used = chunk.writeInt32BE(idBytes, used);
    used += chunk.write(row.id, used, 'utf8');
    used = chunk.writeInt32BE(revBytes, used);
    used += chunk.write(row.rev, used, 'utf8');
    used = chunk.writeInt32BE(1, used);
    used = chunk.writeInt8(row.deleted ? 1 : 0, used);
    used = chunk.writeInt32BE(row.doc.length + 1, used);
    used = chunk.writeInt8(jsonbVersion, used);
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
