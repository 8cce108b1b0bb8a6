import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { PostgresConnection } from '../../src/postgres/index.js';
import { median } from '../measure/statistics.js';
import { until } from '../measure/wait.js';
import { inRepository } from '../places.js';
import { startChild } from '../processes/child.js';
import type { DataemonCalls } from '../processes/dataemon.js';
import { progress } from '../progress.js';
import type { Section } from '../report.js';
import type { Server } from '../servers/postgres.js';
import { readsBetween, readsOfTables, withoutAutovacuum } from './blocks.js';
import { writeIncrement } from './mixed-documents.js';

/** What increments of a hundred documents cost at one size of the table. */
export interface IncrementCost {
  readonly documents: number;
  /** From the commit to all models being up to date, in milliseconds. */
  readonly ms: readonly number[];
  /** CPU of PostgreSQL, in milliseconds; null where it is not on this machine. */
  readonly cpuMs: readonly (number | null)[];
  /** Blocks read of all tables and their indexes. */
  readonly blocks: readonly number[];
}

/** By then every session has published what it has read. */
const publishedMs = 12_000;

/** What is measured at one size of the table. */
export interface IncrementsMeasured {
  readonly documents: number;
  /** Increments that are timed, one after the other. */
  readonly edits: number;
  /** Increments whose reads are counted: each waits until PostgreSQL has published them. */
  readonly rounds: number;
  readonly folder: string;
}

/** Builds the models by the dataemon and measures some increments, the first of which is not counted. */
export async function measureIncrements(
  server: Server,
  connection: PostgresConnection,
  client: pg.ClientBase,
  { documents, edits, rounds, folder }: IncrementsMeasured,
): Promise<IncrementCost> {
  progress(`building the models of ${documents} documents`);
  await using dataemon = await startChild<DataemonCalls>('dataemon');
  await dataemon.call('start', {
    connection,
    packageFolder: inRepository('pipeline'),
    projectFolder: inRepository('dbt'),
    python: inRepository('.python/bin/python'),
    workFolder: join(folder, `dataemon-${documents}`),
    // It is to wait for the notification.
    intervalMs: 86_400_000,
  });
  const upToDate = async () => {
    const { rows } = await client.query<{ at: string }>(
      `SELECT to_char(max(saved_timestamp), 'YYYY-MM-DD"T"HH24:MI:SS.US') AS at FROM v1.couchdb`,
    );
    const at = rows[0]?.at ?? '';
    await until(
      async () => {
        const status = await dataemon.call('status');
        if (status?.error != null) throw new Error(`the dataemon: ${status.error.message}`);
        return status?.state === 'idle' && (status.upToDateWith ?? '') >= at;
      },
      'the models',
      { everyMs: 2 },
    );
  };
  await upToDate();
  await withoutAutovacuum(client, 'v1');

  const increment = async () => {
    await client.query(`SELECT pg_notify('cht_sync_change', '{"schema": "v1", "table": "couchdb"}')`);
    await upToDate();
  };

  const cost = { ms: [] as number[], cpuMs: [] as (number | null)[], blocks: [] as number[] };
  progress(`timing ${edits} increments among ${documents} documents`);
  for (let edit = 0; edit <= edits; edit += 1) {
    await writeIncrement(client, documents, edit);
    const cpu = server.cpu();
    const started = performance.now();
    await increment();
    const ms = performance.now() - started;
    const cpuAfter = server.cpu();
    if (edit === 0) continue;
    cost.ms.push(ms);
    cost.cpuMs.push(cpu === null || cpuAfter === null ? null : (cpuAfter - cpu) * 1000);
  }
  for (let round = 1; round <= rounds; round += 1) {
    progress(`counting the reads of increment ${round} of ${rounds} among ${documents} documents`);
    // Until nothing looks for changes any more by itself, and could take these before they are told of.
    await sleep(publishedMs);
    await writeIncrement(client, documents, edits + round);
    await sleep(publishedMs);
    const before = await readsOfTables(client, 'v1');
    await increment();
    await sleep(publishedMs);
    const reads = readsBetween(before, await readsOfTables(client, 'v1'));
    cost.blocks.push([...reads.values()].reduce((sum, { blocks }) => sum + blocks, 0));
    const scanned = [...reads].filter(([, { scanned }]) => scanned > documents / 100);
    if (scanned.length > 0)
      progress(`scanned: ${scanned.map(([name, { scanned }]) => `${name} ${scanned} rows`).join(', ')}`);
  }
  return { documents, ...cost };
}

/** The costs at several sizes as a table. */
export function incrementSection(costs: readonly IncrementCost[]): Section {
  const [smallest, largest] = [costs[0], costs.at(-1)];
  if (smallest === undefined || largest === undefined) throw new Error('no increments were measured');
  const growth = (what: string, pick: (cost: IncrementCost) => readonly (number | null)[]) => {
    const [from, to] = [medianOf(pick(smallest)), medianOf(pick(largest))];
    return { what, value: from === null || to === null ? null : to / from, unit: '', goal: 'under 1.5' };
  };
  return {
    title: 'An increment of 100 documents: new, edited, deleted and of another type',
    results: [
      ...costs.flatMap(({ documents, ms, cpuMs, blocks }) => {
        const among = `among ${documents.toLocaleString('en')}`;
        return [
          { what: `${among}: from the notification to all models`, value: median(ms), unit: 'ms', rounds: ms },
          { what: `${among}: CPU of PostgreSQL`, value: medianOf(cpuMs), unit: 'ms' },
          { what: `${among}: blocks read`, value: median(blocks), unit: '', rounds: blocks },
        ];
      }),
      growth('time, largest / smallest', ({ ms }) => ms),
      growth('CPU of PostgreSQL, largest / smallest', ({ cpuMs }) => cpuMs),
      growth('blocks, largest / smallest', ({ blocks }) => blocks),
    ],
  };
}

function medianOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : median(known);
}
