import type pg from 'pg';
import type { TableNames } from './identifiers.js';

/** The channel on which a person's wishes are announced; the payload is the name of the source. */
export const controlChannel = 'cht_sync_control';

/** What a person has asked of a source. */
export interface Control {
  /** Whether it is to wait until it is resumed. */
  readonly paused: boolean;
  /** Whether everything is to be read again. */
  readonly resync: boolean;
}

const unasked: Control = { paused: false, resync: false };

/** Reads what was asked of a source. */
export async function readControl(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
): Promise<Control> {
  const { rows } = await client.query<Control>(`SELECT paused, resync FROM ${names.control} WHERE source = $1`, [
    source,
  ]);
  return rows[0] ?? unasked;
}

/** Stores a wish, leaving the others as they are, and tells the process that follows the source. */
export async function askSource(
  client: pg.ClientBase | pg.Pool,
  names: TableNames,
  source: string,
  { paused, resync }: Partial<Control>,
): Promise<void> {
  await client.query(
    `WITH asked AS (
       INSERT INTO ${names.control} AS c (source, paused, resync)
       VALUES ($1, coalesce($2, false), coalesce($3, false))
       ON CONFLICT (source) DO UPDATE SET
         paused = coalesce($2, c.paused), resync = coalesce($3, c.resync), changed_at = now()
       RETURNING source
     )
     SELECT pg_notify($4, source) FROM asked`,
    [source, paused ?? null, resync ?? null, controlChannel],
  );
}
