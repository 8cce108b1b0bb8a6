import type { TestDatabase } from '../../support/database.js';

/** What the collector of CHT Watchdog reads of a database. */
export interface WatchdogFindings {
  readonly sources: readonly {
    readonly db: string;
    readonly cht_instance: string;
    readonly sequence: number;
    readonly pending: number | null;
    readonly liveness: number;
  }[];
  readonly latencySeconds: number | null;
  /** The models that it has durations of. */
  readonly models: ReadonlySet<string>;
}

/** Asks what `sql_exporter` is told to ask by CHT Watchdog: the same columns, conditions and conversions. */
export async function chtWatchdog({ pool }: TestDatabase): Promise<WatchdogFindings> {
  const sources = await pool.query<WatchdogFindings['sources'][number]>(
    `SELECT split_part(source, '/', 2) AS db, split_part(source, '/', 1) AS cht_instance,
       split_part(seq, '-', 1)::float8 AS sequence, pending,
       CASE WHEN updated_at < now() - interval '1 minute' THEN 0 ELSE 1 END AS liveness
     FROM v1.couchdb_progress WHERE source LIKE '%/%' AND seq LIKE '%-%' ORDER BY cht_instance, db`,
  );
  const latency = await pool.query<{ seconds: number | null }>(
    `SELECT extract(epoch FROM documents.latest - root.latest)::float8 AS seconds
     FROM (SELECT max(saved_timestamp) AS latest FROM v1.document_metadata) AS root,
       (SELECT max(saved_timestamp) AS latest FROM v1.couchdb) AS documents`,
  );
  const results = await pool.query<{ status: string; execution_time: number; name: string }>(
    'SELECT status, execution_time::float8, name FROM v1.dbt_results',
  );
  const told = results.rows.filter(({ status, execution_time: time }) => status === 'success' && time > 0);
  return {
    sources: sources.rows,
    latencySeconds: latency.rows[0]?.seconds ?? null,
    models: new Set(told.map(({ name }) => name)),
  };
}
