import type pg from 'pg';
import { tableNames, type Origin } from '../../postgres/index.js';

/** A source as `couchdb_progress` has it. */
export interface KnownSource {
  readonly source: string;
  readonly sequence: string;
  /** How long ago something was written of it, in milliseconds; null when nothing says. */
  readonly ageMs: number | null;
}

/** Who writes does so at least this often. */
const aliveMs = 60_000;

/** The sources that were read already; none before there is a table. */
export async function knownSources(client: pg.ClientBase, schema: string, table: string): Promise<KnownSource[]> {
  const { progress } = tableNames(schema, table);
  const { rows: there } = await client.query<{ there: boolean }>(`SELECT to_regclass($1) IS NOT NULL AS there`, [
    progress,
  ]);
  if (there[0]?.there !== true) return [];
  const { rows } = await client.query<KnownSource>(
    `SELECT source, seq AS sequence, (extract(epoch FROM now() - updated_at) * 1000)::float8 AS "ageMs"
     FROM ${progress} WHERE seq IS NOT NULL ORDER BY source`,
  );
  return rows;
}

/**
 * What is likely to be a mistake.
 *
 * @param configured - the sources of this configuration; empty when no CouchDB is configured.
 * @param nobodys - how many rows belong to no source.
 */
export function migrationWarnings(
  origin: Origin,
  known: readonly KnownSource[],
  configured: readonly string[],
  nobodys: number,
): string[] {
  const alive = origin === 'cht-sync-v2' ? known.filter(({ ageMs }) => ageMs !== null && ageMs < aliveMs) : [];
  const names = new Set(known.map(({ source }) => source));
  const renamed = configured
    .filter((source) => !names.has(source))
    .flatMap((source) => {
      const database = source.slice(source.indexOf('/'));
      const before = known.filter((one) => one.source.endsWith(database) && !configured.includes(one.source));
      return before.map((one) => ({ source, before: one.source }));
    });
  return [
    ...alive.map(
      ({ source }) => `medic/cht-sync v2 seems to run still: it has written ${source} within the last minute. Stop it.`,
    ),
    ...renamed.map(
      ({ source, before }) =>
        `${source} was never read, but ${before} was. If both are the same CouchDB, keep its old name (\`name\` in CONFIG_FILE): under a new one all of its documents are stored a second time.`,
    ),
    ...(nobodys === 0
      ? []
      : [
          `${nobodys.toLocaleString('en-US')} rows belong to no source. \`cht-sync verify --repair\` gives them to theirs.`,
        ]),
  ];
}
