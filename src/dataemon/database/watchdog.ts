import type pg from 'pg';
import { quoteIdentifier, tableNames } from '../../postgres/index.js';
import type { ReportPlace } from './model-report.js';

/** What CHT Watchdog asks the models' database for. */
export interface WatchdogFigures {
  /** The hosts of all sources. */
  readonly hosts: readonly string[];
  /**
   * How far the newest row of `document_metadata` is behind the newest document, in milliseconds; null when there is none.
   * That of a document that was deleted counts, though it never gets there.
   */
  readonly latencyMs: number | null;
}

/** Reads what CHT Watchdog's own queries read, but for the durations of runs. */
export async function readWatchdogFigures(
  client: pg.ClientBase,
  { schema, rootSchema, table }: ReportPlace,
): Promise<WatchdogFigures> {
  const { documents, progress } = tableNames(rootSchema, table);
  const root = `${quoteIdentifier(schema)}.document_metadata`;
  const there = await client.query<{ progress: boolean; root: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS progress, to_regclass($2) IS NOT NULL AS root',
    [progress, root],
  );
  const hosts =
    there.rows[0]?.progress === true ? await client.query<{ host: string }>(hostsIn(progress)) : { rows: [] };
  const latency =
    there.rows[0]?.root === true
      ? await client.query<{ ms: number | null }>(
          `SELECT extract(epoch FROM (SELECT max(saved_timestamp) FROM ${documents})
             - (SELECT max(saved_timestamp) FROM ${root}))::float8 * 1000 AS ms`,
        )
      : { rows: [] };
  return { hosts: hosts.rows.map(({ host }) => host), latencyMs: latency.rows[0]?.ms ?? null };
}

const hostsIn = (progress: string) =>
  `SELECT DISTINCT split_part(source, '/', 1) AS host FROM ${progress} WHERE source LIKE '%/%' ORDER BY 1`;

/** How long the last run of each model took that was recorded, in milliseconds, by name. To be asked once: it reads all records. */
export async function readLastDurations(
  client: pg.ClientBase,
  { schema, selector }: { readonly schema: string; readonly selector: string | undefined },
): Promise<Map<string, number>> {
  const { rows } = await client.query<{ name: string; ms: number }>(
    `SELECT DISTINCT ON (name) name, duration_ms / greatest(runs, 1) AS ms FROM ${quoteIdentifier(schema)}.dataemon_run
     WHERE model LIKE 'model.%' AND selector IS NOT DISTINCT FROM $1 ORDER BY name, started_at DESC`,
    [selector ?? null],
  );
  return new Map(rows.map(({ name, ms }) => [name, ms]));
}
