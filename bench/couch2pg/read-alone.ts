import { startChild } from '../processes/child.js';
import type { ReaderCalls } from '../processes/reader.js';
import type { Database, Source } from '../servers/couchdb.js';

/** The pages in which couch2pg reads: see feed-reader.ts. */
const pages = [1_000, 10_000];

/**
 * Reads the feed with its documents and does nothing with it. Gives the documents a second.
 *
 * @param limits - the rows of the pages; empty: one response.
 */
export async function readAlone(
  source: Source,
  database: Database,
  documents: number,
  limits: readonly number[] = pages,
): Promise<number> {
  await using reader = await startChild<ReaderCalls>('reader');
  const { rows, ms } = await reader.call('read', database.address, await source.signIn(), limits);
  if (rows !== documents) throw new Error(`the source gave ${rows} rows instead of ${documents}`);
  return (rows * 1000) / ms;
}
