import { quoteIdentifier } from '../../postgres/index.js';
import type { NodeResult } from '../engine/engine.js';
import type { RunKind } from '../planner/decide.js';
import type { Session } from './session.js';

/** A run that has ended. */
export interface RunRecord {
  /** That of an earlier run where both share a record. */
  readonly id: string;
  readonly selector: string | undefined;
  readonly kind: RunKind;
  readonly startedAt: Date;
  readonly nodes: readonly NodeResult[];
}

/**
 * Writes a row for each model of the run, or adds it to the row that there is, but not for those that an increment found
 * nothing to do for: they would say nothing.
 */
export async function writeRecord(session: Session, schema: string, record: RunRecord): Promise<void> {
  const nodes = record.nodes.filter((node) => isTelling(record.kind, node));
  if (nodes.length === 0) return;
  await session.query(
    'writing the record of a run',
    `INSERT INTO ${quoteIdentifier(schema)}.dataemon_run AS r
       (run_id, selector, kind, model, name, status, rows_affected, started_at, duration_ms, error)
     SELECT $1, $2, $3, * FROM unnest(
       $4::text[], $5::text[], $6::text[], $7::bigint[], $8::timestamptz[], $9::double precision[], $10::text[])
     ON CONFLICT (run_id, model) DO UPDATE SET
       runs = r.runs + 1,
       rows_affected = coalesce(r.rows_affected, 0) + coalesce(excluded.rows_affected, 0),
       started_at = excluded.started_at,
       duration_ms = r.duration_ms + excluded.duration_ms`,
    [
      ...[record.id, record.selector ?? null, record.kind],
      nodes.map(({ id }) => id),
      nodes.map(({ name }) => name),
      nodes.map(({ status }) => status),
      nodes.map(({ rowsAffected }) => rowsAffected),
      nodes.map(({ startedAt }) => startedAt ?? record.startedAt),
      nodes.map(({ durationMs }) => durationMs),
      nodes.map(({ error }) => error),
    ],
  );
}

const keptDays = 14;

/** Removes the records that are too old to be of use. */
export async function pruneRecords(session: Session, schema: string): Promise<void> {
  await session.query(
    'removing old records of runs',
    `DELETE FROM ${quoteIdentifier(schema)}.dataemon_run WHERE started_at < now() - make_interval(days => ${keptDays})`,
  );
}

function isTelling(kind: RunKind, { id, status, rowsAffected }: NodeResult): boolean {
  if (status !== 'ok') return true;
  return id.startsWith('model.') && (kind === 'full-refresh' || (rowsAffected ?? 0) > 0);
}
