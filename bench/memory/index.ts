import pg from 'pg';
import type { PostgresConnection } from '../../src/postgres/index.js';
import type { Arguments } from '../arguments.js';
import { watchMemory, type MemoryUse } from '../measure/memory-watch.js';
import { until } from '../measure/wait.js';
import { startChild } from '../processes/child.js';
import type { FeedCalls } from '../processes/feed.js';
import { progress } from '../progress.js';
import type { Section } from '../report.js';
import type { Scratch } from '../scratch.js';
import type { GeneratedOptions } from '../servers/generated-database.js';
import { openPostgres, type Server } from '../servers/postgres.js';
import { startCouch2pgCommand } from './couch2pg-command.js';

const largeBytes = 8_000_000;
const smallBytes = 1_000;
const soakDocuments = 10_000;
const goal = 'under 256 MB';
const limitMs = 3_600_000;

/** Measures the memory of the real couch2pg for many small documents, large ones, tombstones, and in the long run. */
export async function benchMemory(
  { documents, large, tombstones, perSecond, seconds }: Arguments,
  scratch: Scratch,
): Promise<readonly Section[]> {
  const postgres = await openPostgres(scratch);
  const loads = [
    { name: `${shown(documents)} documents of 1 kB`, feed: { documents, bytes: smallBytes } },
    { name: `${shown(large)} documents of 8 MB`, feed: { documents: large, bytes: largeBytes } },
    { name: `${shown(tombstones)} tombstones`, feed: { documents: tombstones, bytes: 0 } },
  ].filter(({ feed }) => feed.documents > 0);
  const sections: Section[] = [];
  for (const { name, feed } of loads) {
    progress(name);
    const { use, ms } = await load(postgres, feed);
    const megabytes = (feed.documents * Math.max(feed.bytes, 100)) / 1e6;
    sections.push({
      title: name,
      results: [
        { what: 'most memory of couch2pg', value: use.peak, unit: 'MB', goal },
        { what: 'documents a second', value: (feed.documents * 1000) / ms, unit: '' },
        { what: 'MB a second', value: (megabytes * 1000) / ms, unit: '' },
      ],
    });
  }
  if (seconds > 0) sections.push(await soak(postgres, perSecond, seconds));
  return sections;
}

async function load(postgres: Server, options: GeneratedOptions): Promise<{ use: MemoryUse; ms: number }> {
  return withCouch2pg(postgres, options, async ({ pid, isLive, count }) => {
    const started = performance.now();
    const memory = watchMemory(pid);
    await until(isLive, 'the first load', { everyMs: 200, limitMs });
    const ms = performance.now() - started;
    const use = memory.end();
    const stored = await count();
    if (stored !== options.documents) throw new Error(`${stored} documents came instead of ${options.documents}`);
    return { use, ms };
  });
}

async function soak(postgres: Server, perSecond: number, seconds: number): Promise<Section> {
  progress(`${perSecond} edits a second for ${seconds} s`);
  return withCouch2pg(postgres, { documents: soakDocuments, bytes: smallBytes }, async ({ pid, isLive, edit }) => {
    await until(isLive, 'the first load');
    const memory = watchMemory(pid);
    const end = performance.now() + seconds * 1000;
    for (let sent = 0, began = performance.now(); performance.now() < end;) {
      const due = Math.floor(((performance.now() - began) * perSecond) / 1000) - sent;
      if (due > 0) await edit(due);
      sent += Math.max(0, due);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { peak, medianOfFirst, medianOfLast } = memory.end();
    return {
      title: `${perSecond} edits a second for ${seconds} s`,
      results: [
        { what: 'memory of couch2pg in the first tenth, median', value: medianOfFirst, unit: 'MB' },
        { what: 'memory of couch2pg in the last tenth, median', value: medianOfLast, unit: 'MB' },
        { what: 'most memory of couch2pg', value: peak, unit: 'MB', goal },
      ],
    };
  });
}

interface Running {
  readonly pid: number;
  readonly isLive: () => Promise<boolean>;
  readonly count: () => Promise<number>;
  readonly edit: (count: number) => Promise<void>;
}

async function withCouch2pg<T>(
  postgres: Server,
  options: GeneratedOptions,
  measure: (running: Running) => Promise<T>,
): Promise<T> {
  const connection: PostgresConnection = await postgres.createDatabase();
  const client = new pg.Client({ ...connection });
  await client.connect();
  try {
    await using feed = await startChild<FeedCalls>('feed');
    await using couch2pg = startCouch2pgCommand(await feed.call('start', options), connection);
    const state = () =>
      client.query<{ state: string }>('SELECT state FROM v1.couchdb_progress').then(
        ({ rows }) => rows[0]?.state,
        // The tables are not there yet.
        () => undefined,
      );
    return await measure({
      pid: couch2pg.pid,
      isLive: async () => (await state()) === 'live',
      count: async () => {
        const { rows } = await client.query<{ count: number }>('SELECT count(*)::integer AS count FROM v1.couchdb');
        return rows[0]?.count ?? 0;
      },
      edit: (count) => feed.call('edit', count),
    });
  } finally {
    await client.end();
    await postgres.dropDatabase(connection);
  }
}

const shown = (count: number) => count.toLocaleString('en');
