import type pg from 'pg';
import { aliasCollisions, unparkStaged, upsertStaged, type TableNames, type UpsertOptions } from '../postgres/index.js';

/** What a transaction has changed. */
export interface StagedWritten {
  readonly rows: number;
  /** The greatest `saved_timestamp` given; undefined when no row changed. */
  readonly savedTimestamp: string | undefined;
}

/**
 * Writes the staged rows to the table of documents, gives keys of their own to those whose id another source holds, and
 * forgets older revisions of them that are parked.
 *
 * @param base - what `nextWatermark` gave for `count` rows.
 */
export async function writeStaged(
  client: pg.ClientBase,
  names: TableNames,
  source: string,
  { count, base, ...options }: { readonly count: number; readonly base: string } & UpsertOptions,
): Promise<StagedWritten> {
  let { rows, savedTimestamp } = await upsertStaged(client, names, source, base, options);
  if (rows < count && (await aliasCollisions(client, names, source)) > 0) {
    const more = await upsertStaged(client, names, source, base, options);
    rows += more.rows;
    savedTimestamp = greatest(savedTimestamp, more.savedTimestamp);
  }
  await unparkStaged(client, names, source);
  return { rows, savedTimestamp };
}

/** Timestamps of PostgreSQL as text, of which trailing zeros of the fraction are left out. */
function greatest(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const padded = (text: string) => (text.includes('.') ? text : `${text}.`).padEnd(26, '0');
  return padded(a) > padded(b) ? a : b;
}
