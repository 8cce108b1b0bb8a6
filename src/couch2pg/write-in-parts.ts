import { blameFor, sqlState, type StagedRow } from '../postgres/index.js';

/** What a batch has changed. */
export interface Written {
  readonly rows: number;
  readonly rejected: number;
  /** The greatest `saved_timestamp` given; undefined when no row changed. */
  readonly savedTimestamp: string | undefined;
}

/** How the parts of a batch are written, each in a transaction of its own. */
export interface PartWriter {
  write(rows: readonly StagedRow[]): Promise<Written>;
  /** Tries whether a harmless document of this size could be written now; throws when not. */
  writeControl(bytes: number): Promise<void>;
  /** Parks a document and says how many are parked by it. */
  park(row: StagedRow, refused: unknown): Promise<number>;
}

/**
 * Writes rows of which PostgreSQL has refused one or more: in halves, until each bad one stands alone and is parked.
 *
 * @throws what PostgreSQL said, when no document is at fault.
 */
export async function writeInParts(rows: readonly StagedRow[], writer: PartWriter): Promise<Written> {
  const [first] = rows;
  if (rows.length === 1 && first !== undefined) return writeAlone(first, writer);
  let total = nothing;
  const middle = Math.ceil(rows.length / 2);
  for (const half of [rows.slice(0, middle), rows.slice(middle)]) {
    if (half.length === 0) continue;
    const part = half.length === 1 ? await writeInParts(half, writer) : await writeHalf(half, writer);
    total = {
      rows: total.rows + part.rows,
      rejected: total.rejected + part.rejected,
      savedTimestamp: part.savedTimestamp ?? total.savedTimestamp,
    };
  }
  return total;
}

async function writeHalf(rows: readonly StagedRow[], writer: PartWriter): Promise<Written> {
  try {
    return await writer.write(rows);
  } catch (refused) {
    if (blameFor(refused) === 'server') throw refused;
    return writeInParts(rows, writer);
  }
}

async function writeAlone(row: StagedRow, writer: PartWriter): Promise<Written> {
  let refused = await refusalOf(row, writer);
  // That a delete reaches the models is worth more than the body of the tombstone.
  if ('error' in refused && row.deleted) refused = await refusalOf(bare(row), writer);
  if (!('error' in refused)) return refused;
  return { ...nothing, rejected: await writer.park(row, refused.error) };
}

/**
 * Writes one document, or says what PostgreSQL has against it. An error that may be the server's counts only when it comes
 * again while another document of the same size could be written.
 */
async function refusalOf(row: StagedRow, writer: PartWriter): Promise<Written | { readonly error: unknown }> {
  try {
    return await writer.write([row]);
  } catch (error) {
    const blame = blameFor(error);
    if (blame === 'document') return { error };
    if (blame === 'server') throw error;
    await writer.writeControl(row.doc.length).catch(() => {
      throw error;
    });
    try {
      return await writer.write([row]);
    } catch (again) {
      if (sqlState(again) !== sqlState(error)) throw again;
      return { error: again };
    }
  }
}

function bare({ id, rev, deleted }: StagedRow): StagedRow {
  return { id, rev, deleted, doc: Buffer.from(JSON.stringify({ _id: id, _rev: rev, _deleted: true })) };
}

const nothing: Written = { rows: 0, rejected: 0, savedTimestamp: undefined };
