import type pg from 'pg';

/** What has been read of a table so far. */
export interface TableReads {
  /** Blocks of the table, of its indexes and of what is stored beside it, found in memory or not. */
  readonly blocks: number;
  /** Rows that sequential scans have read. */
  readonly scanned: number;
}

/**
 * Reads PostgreSQL's own counts of each table of a schema: they are of all statements, whoever made them. A session
 * publishes its part when it ends, or some seconds after its last statement.
 */
export async function readsOfTables(client: pg.ClientBase | pg.Pool, schema: string): Promise<Map<string, TableReads>> {
  const { rows } = await client.query<{ name: string; blocks: string; scanned: string }>(
    `SELECT relname AS name, seq_tup_read AS scanned,
       coalesce(heap_blks_read, 0) + coalesce(heap_blks_hit, 0) + coalesce(idx_blks_read, 0) + coalesce(idx_blks_hit, 0)
       + coalesce(toast_blks_read, 0) + coalesce(toast_blks_hit, 0) + coalesce(tidx_blks_read, 0) + coalesce(tidx_blks_hit, 0)
       AS blocks
     FROM pg_stat_user_tables JOIN pg_statio_user_tables USING (relid, schemaname, relname)
     WHERE schemaname = $1`,
    [schema],
  );
  return new Map(rows.map(({ name, blocks, scanned }) => [name, { blocks: Number(blocks), scanned: Number(scanned) }]));
}

/** What was read between two looks. */
export function readsBetween(
  before: ReadonlyMap<string, TableReads>,
  after: ReadonlyMap<string, TableReads>,
): Map<string, TableReads> {
  return new Map(
    [...after].map(([name, { blocks, scanned }]) => {
      const from = before.get(name) ?? { blocks: 0, scanned: 0 };
      return [name, { blocks: blocks - from.blocks, scanned: scanned - from.scanned }];
    }),
  );
}

/** Keeps autovacuum away, whose reads would be counted, too. */
export async function withoutAutovacuum(client: pg.ClientBase | pg.Pool, schema: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = $1::regnamespace`,
    [schema],
  );
  for (const { name } of rows) await client.query(`ALTER TABLE ${name} SET (autovacuum_enabled = false)`);
}
