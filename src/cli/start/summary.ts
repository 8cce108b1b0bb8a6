import type { SourceStatus } from '../../couch2pg/index.js';
import type { DataemonStatus } from '../../dataemon/index.js';
import type { PostgresConnection } from '../../postgres/index.js';
import { count, duration, table } from './text.js';
import type { Verdict } from './verdict.js';

/** What `--exit-when-caught-up` tells at its end. */
export interface Summary {
  readonly verdict: Verdict;
  readonly durationMs: number;
  readonly sources: readonly SourceStatus[];
  readonly dataemon: DataemonStatus;
  readonly connection: PostgresConnection;
  readonly schema: string;
  readonly table: string;
}

/** The summary for programs. */
export function summaryJson(summary: Summary): Record<string, unknown> {
  const { verdict, durationMs, sources, dataemon, connection, schema } = summary;
  const { host, port, user, database } = connection;
  return {
    caughtUp: verdict.kind === 'caught-up',
    reasons: verdict.kind === 'failed' ? verdict.reasons : [],
    durationMs,
    sources: sources.map(({ source, state, sequence, pending, written, rejected, savedTimestamp, error }) => ({
      ...{ source, state, sequence, pending, written, rejected, savedTimestamp, error },
    })),
    package: dataemon.package,
    upToDateWith: dataemon.upToDateWith,
    models: dataemon.models,
    postgres: { host, port, user, database, schema, table: summary.table },
  };
}

/** The summary for people. */
export function summaryText({ verdict, durationMs, sources, dataemon, connection, schema }: Summary): string {
  const end = {
    'caught-up': 'Everything is in the models',
    failed: 'Not caught up',
    working: 'Stopped before the end',
  };
  const sourceRows = sources.map(({ source, state, written, rejected }) => [
    source,
    state,
    count(written),
    count(rejected),
  ]);
  const modelRows = dataemon.models.map(({ name, status, rows, durationMs: took }) => [
    name,
    status,
    count(rows),
    duration(took),
  ]);
  return [
    `${end[verdict.kind]} after ${duration(durationMs)}: schema ${schema} of ${connection.database} on ${connection.host}:${connection.port}.`,
    '',
    ...table([['Source', 'State', 'Written', 'Rejected'], ...sourceRows], [2, 3]),
    '',
    ...table([['Model', 'State', 'Rows', 'Took'], ...modelRows], [2, 3]),
    '',
  ].join('\n');
}
