import type pg from 'pg';
import type { TableNames } from './identifiers.js';

/**
 * Keeps the checkpoint where it is until the transaction ends, for writes that do not move it.
 *
 * @param expected - what this process believes is stored.
 * @returns whether it is; if not, another process writes this source, and the transaction must be rolled back.
 */
export async function holdCheckpoint(
  client: pg.ClientBase,
  names: TableNames,
  source: string,
  expected: string | undefined,
): Promise<boolean> {
  const { rows } = await client.query<{ seq: string | null }>({
    name: `cht_sync_hold ${names.progress}`,
    text: `SELECT seq FROM ${names.progress} WHERE source = $1 FOR UPDATE`,
    values: [source],
  });
  return (rows[0]?.seq ?? undefined) === expected;
}
