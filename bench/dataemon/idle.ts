import { setTimeout as sleep } from 'node:timers/promises';
import { cpuOf, cpuOfTree } from '../measure/cpu.js';
import { progress } from '../progress.js';
import type { Result, Section } from '../report.js';
import type { Server } from '../servers/postgres.js';

/** Whose CPU is measured: process ids, and the source if it is ours. */
export interface Processes {
  readonly couch2pg: number;
  readonly dataemon: number;
  readonly worker: number | undefined;
  source(): number | null;
}

/** What the last edit has set off is over by then; a session of PostgreSQL reports its statistics after 10 s at the latest. */
const settleMs = 15_000;

/**
 * Measures what a time costs in which nothing changes. The looks themselves are on the database `postgres`, so they are
 * not in the transactions counted.
 */
export async function measureIdle(
  seconds: number,
  postgres: Server,
  database: string,
  processes: Processes,
): Promise<Section> {
  progress(`measuring ${seconds} s in which nothing changes`);
  await postgres.admin.query('CHECKPOINT');
  await sleep(settleMs);
  const before = await look(postgres, database, processes);
  await sleep(seconds * 1000);
  const after = await look(postgres, database, processes);
  const cost = (what: string, name: keyof typeof before, unit: string): Result => {
    const [from, to] = [before[name], after[name]];
    return { what, value: from === null || to === null ? null : to - from, unit };
  };
  return {
    title: `${seconds} s in which nothing changes`,
    results: [
      cost('CPU of couch2pg', 'couch2pg', 's'),
      cost('CPU of the dataemon', 'dataemon', 's'),
      cost('CPU of its dbt worker', 'worker', 's'),
      cost('CPU of PostgreSQL', 'postgres', 's'),
      cost('CPU of the source', 'source', 's'),
      cost('transactions', 'transactions', ''),
      cost('rows written', 'rowsWritten', ''),
      cost('WAL', 'wal', 'bytes'),
    ],
  };
}

async function look(postgres: Server, database: string, processes: Processes) {
  const { rows } = await postgres.admin.query<{ transactions: string; written: string; wal: string }>(
    `SELECT xact_commit + xact_rollback AS transactions, tup_inserted + tup_updated + tup_deleted AS written,
       pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS wal
     FROM pg_stat_database WHERE datname = $1`,
    [database],
  );
  return {
    couch2pg: cpuOf(processes.couch2pg),
    dataemon: cpuOf(processes.dataemon),
    worker: cpuOfTree(processes.worker),
    postgres: postgres.cpu(),
    source: processes.source(),
    transactions: Number(rows[0]?.transactions),
    rowsWritten: Number(rows[0]?.written),
    wal: Number(rows[0]?.wal),
  };
}
