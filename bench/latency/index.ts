import { randomBytes } from 'node:crypto';
import { kiloByteDocuments } from '../../src/embedded/index.js';
import type { Arguments } from '../arguments.js';
import { cpuOf } from '../measure/cpu.js';
import { watchOthers } from '../measure/others.js';
import { percentile } from '../measure/statistics.js';
import { until } from '../measure/wait.js';
import { startChild } from '../processes/child.js';
import type { Couch2pgCalls } from '../processes/couch2pg.js';
import { progress } from '../progress.js';
import type { Result, Section } from '../report.js';
import type { Scratch } from '../scratch.js';
import { openSource, type Database, type Document } from '../servers/couchdb.js';
import { openPostgres } from '../servers/postgres.js';
import { writeAll } from '../servers/write-all.js';
import { steadyEdits, type EditTimes } from './steady-edits.js';

const readsAtOnce = 4;

/** Measures the way of an edit to the committed row while there are many a second. */
export async function benchLatency(
  { documents, perSecond, seconds }: Arguments,
  scratch: Scratch,
): Promise<readonly Section[]> {
  const source = await openSource(scratch);
  const postgres = await openPostgres(scratch);
  const connection = await postgres.createDatabase();
  const database = await source.createDatabase(`bench-${randomBytes(4).toString('hex')}`);
  const edits = perSecond * seconds;
  const count = Math.max(documents, edits);
  progress(`writing ${count} documents of 1 kB to the source`);
  await writeAll(database, kiloByteDocuments({ count }));
  await using couch2pg = await startChild<Couch2pgCalls>('couch2pg');
  const { url, credentials } = source;
  await couch2pg.call('start', { url, credentials, databases: [database.name], connection });
  await until(async () => (await couch2pg.call('status'))[0]?.state === 'live', 'the first load');
  const chosen = await readSome(database, edits);

  progress(`${perSecond} edits a second for ${seconds} s`);
  const othersSince = watchOthers(() => postgres.cpu());
  const cpuBefore = cpuOf(couch2pg.pid);
  const started = performance.now();
  const times = await steadyEdits(database, connection, chosen, perSecond);
  const tookSeconds = (performance.now() - started) / 1000;
  const cpuAfter = cpuOf(couch2pg.pid);
  return [
    latencySection(times, tookSeconds),
    {
      title: 'What it takes',
      results: [
        {
          what: 'CPU of couch2pg',
          value: cpuBefore === null || cpuAfter === null ? null : (cpuAfter - cpuBefore) / tookSeconds,
          unit: 'cores',
        },
        { what: 'CPU used by others meanwhile', value: othersSince(), unit: 'cores' },
      ],
    },
  ];
}

/** The documents that were written first, as they are now. */
async function readSome(database: Database, count: number): Promise<Document[]> {
  const ids = [...kiloByteDocuments({ count })].map(({ _id }) => _id);
  const found: Document[] = [];
  for (let at = 0; at < ids.length; at += readsAtOnce) {
    found.push(...(await Promise.all(ids.slice(at, at + readsAtOnce).map((id) => database.get(id)))));
  }
  return found;
}

function latencySection(times: readonly EditTimes[], tookSeconds: number): Section {
  const at = (percent: number, pick: (times: EditTimes) => number, what: string): Result => ({
    ...{ what, value: percentile(times.map(pick), percent), unit: 'ms' },
  });
  return {
    title: `From a PUT's answer to the committed row, ${times.length} edits`,
    results: [
      { what: 'edits a second', value: times.length / tookSeconds, unit: '' },
      at(50, ({ afterAnswer }) => afterAnswer, 'p50'),
      at(90, ({ afterAnswer }) => afterAnswer, 'p90'),
      { ...at(99, ({ afterAnswer }) => afterAnswer, 'p99'), goal: 'under 250 ms' },
      at(99.9, ({ afterAnswer }) => afterAnswer, 'p99.9'),
      at(100, ({ afterAnswer }) => afterAnswer, 'longest'),
      at(99, ({ put }) => put, 'p99 of the PUT itself, from when it was due'),
      at(99, ({ afterDue }) => afterDue, 'p99 from when the edit was due to the committed row'),
    ],
  };
}
