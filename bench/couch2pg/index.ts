import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { kiloByteDocuments } from '../../src/embedded/index.js';
import type { Arguments } from '../arguments.js';
import { watchOthers } from '../measure/others.js';
import { median, percentile } from '../measure/statistics.js';
import { progress } from '../progress.js';
import type { Result, Section } from '../report.js';
import type { Scratch } from '../scratch.js';
import { openSource } from '../servers/couchdb.js';
import { openPostgres } from '../servers/postgres.js';
import { writeAll } from '../servers/write-all.js';
import { copyAlone } from './copy-alone.js';
import { writeCopyFile } from './copy-file.js';
import { editLatencies } from './edit-latency.js';
import { firstLoad, type FirstLoad } from './first-load.js';
import { legacyLoad, type LegacyFirstLoad } from './legacy-load.js';
import { readAlone } from './read-alone.js';

/** Between two measurements, so that what the one has left to do does not fall into the other. */
const restMs = 1_000;

/** Measures a first load beside what bounds it, and the way of an edit. */
export async function benchCouch2pg(
  { documents, edits, rounds, legacyDocuments }: Arguments,
  scratch: Scratch,
): Promise<readonly Section[]> {
  const source = await openSource(scratch);
  const postgres = await openPostgres(scratch);
  const database = await source.createDatabase(`bench-${randomBytes(4).toString('hex')}`);
  progress(`writing ${documents} documents of 1 kB to the source`);
  await writeAll(database, kiloByteDocuments({ count: documents }));
  const file = join(scratch.folder, 'documents.copy');
  const sample = await writeCopyFile({ source, database, file, keep: edits });

  const found = {
    pages: [] as number[],
    whole: [] as number[],
    copy: [] as number[],
    copyCpu: [] as number[],
    others: [] as number[],
  };
  const loads: FirstLoad[] = [];
  const legacy: LegacyFirstLoad[] = [];
  const latencies: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const isLast = round === rounds;
    await sleep(restMs);
    const othersSince = watchOthers(() => postgres.cpu());
    found.pages.push(await readAlone(source, database, documents));
    found.whole.push(await readAlone(source, database, documents, []));
    await sleep(restMs);
    const copied = await copyAlone(postgres, file);
    found.copy.push((documents * 1000) / copied.ms);
    if (copied.cpu !== null) found.copyCpu.push((copied.cpu * 1e6) / documents);
    await sleep(restMs);
    if (legacyDocuments > 0) {
      legacy.push(await legacyLoad({ source, database, postgres, documents: Math.min(documents, legacyDocuments) }));
      await sleep(restMs);
    }
    const load = await firstLoad({ source, database, postgres, documents }, async (connection) => {
      const others = othersSince();
      if (others !== null) found.others.push(others);
      if (!isLast || edits === 0) return;
      progress(`timing ${edits} edits`);
      latencies.push(...(await editLatencies(database, connection, sample)));
    });
    loads.push(load);
    progress(
      `round ${round}: read ${last(found.pages)} (pages) ${last(found.whole)} (whole), COPY ${last(found.copy)}, ` +
        `legacy ${last(legacy.map(({ perSecond }) => perSecond))}, couch2pg ${Math.round(load.perSecond)} documents/s, ` +
        `others used ${(found.others.at(-1) ?? 0).toFixed(2)} cores`,
    );
  }
  return sections({ ...found, loads, legacy, latencies });
}

interface Found {
  readonly pages: readonly number[];
  readonly whole: readonly number[];
  readonly copy: readonly number[];
  readonly copyCpu: readonly number[];
  /** CPU of what is none of ours, in cores. */
  readonly others: readonly number[];
  readonly loads: readonly FirstLoad[];
  readonly legacy: readonly LegacyFirstLoad[];
  readonly latencies: readonly number[];
}

function sections({ pages: inPages, whole, copy, copyCpu, others, loads, legacy, latencies }: Found): Section[] {
  const load = loads.map(({ perSecond }) => perSecond);
  const ratios = load.map((rate, i) => rate / Math.min(Math.max(inPages[i] ?? 0, whole[i] ?? 0), copy[i] ?? 0));
  const legacyRatios = legacy.map(({ perSecond }, i) => (load[i] ?? 0) / perSecond);
  const of = (pick: (load: FirstLoad) => number | null, what: string, unit: string): Result => {
    const values = loads.map(pick).filter((value) => value !== null);
    return { what, ...medianOf(values), unit };
  };
  return [
    {
      title: 'First load',
      results: [
        { what: '(a) read alone, in pages as couch2pg', ...medianOf(inPages), unit: 'documents/s' },
        { what: '(a) read alone, one response', ...medianOf(whole), unit: 'documents/s' },
        { what: '(b) COPY alone, from a file', ...medianOf(copy), unit: 'documents/s' },
        { what: '(c) couch2pg', ...medianOf(load), unit: 'documents/s' },
        { what: '(d) the legacy way', ...medianOf(legacy.map(({ perSecond }) => perSecond)), unit: 'documents/s' },
        { what: '(c) / the slower of (a) and (b), round by round', ...medianOf(ratios), unit: '', goal: '0.9 or more' },
        { what: '(c) / (d), round by round', ...medianOf(legacyRatios), unit: '', goal: '2.5 or more' },
        { what: 'CPU used by others meanwhile, which lowers all rates', ...medianOf(others), unit: 'cores' },
      ],
    },
    {
      title: 'What it takes',
      results: [
        { what: 'CPU of PostgreSQL, COPY alone', ...medianOf(copyCpu), unit: 'us/document' },
        of(({ cpu }) => cpu.postgres, 'CPU of PostgreSQL, first load', 'us/document'),
        of(({ cpu }) => cpu.couch2pg, 'CPU of couch2pg', 'us/document'),
        of(({ cpu }) => cpu.source, 'CPU of the source', 'us/document'),
        { ...of(shareOfCouch2pg, "couch2pg's share of the CPU of all three", '%'), goal: 'under 15 %' },
        {
          what: 'CPU of the legacy way, without PostgreSQL and the source',
          ...medianOf(legacy.map(({ cpu }) => cpu).filter((value) => value !== null)),
          unit: 'us/document',
        },
        of(({ peakMemory }) => peakMemory, 'most memory of couch2pg', 'MB'),
      ],
    },
    ...(latencies.length === 0 ? [] : [latencySection(latencies)]),
  ];
}

/** In per cent. */
function shareOfCouch2pg({ cpu: { couch2pg, source, postgres } }: FirstLoad): number | null {
  if (couch2pg === null || source === null || postgres === null) return null;
  return (100 * couch2pg) / (couch2pg + source + postgres);
}

function latencySection(latencies: readonly number[]): Section {
  const at = (percent: number) => percentile(latencies, percent);
  return {
    title: `From a PUT's answer to the committed row, ${latencies.length} edits`,
    results: [
      { what: 'p50', value: at(50), unit: 'ms', goal: 'under 100 ms' },
      { what: 'p90', value: at(90), unit: 'ms' },
      { what: 'p99', value: at(99), unit: 'ms' },
      { what: 'longest', value: at(100), unit: 'ms' },
    ],
  };
}

function medianOf(values: readonly number[]): { value: number | null; rounds: readonly number[] } {
  return { value: values.length === 0 ? null : median(values), rounds: values };
}

const last = (values: readonly number[]) => Math.round(values.at(-1) ?? 0);
