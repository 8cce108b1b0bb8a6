import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { kiloByteDocuments } from '../../src/embedded/index.js';
import type { PostgresConnection } from '../../src/postgres/index.js';
import type { Arguments } from '../arguments.js';
import { readAlone } from '../couch2pg/read-alone.js';
import { watchOthers } from '../measure/others.js';
import { median } from '../measure/statistics.js';
import { until } from '../measure/wait.js';
import { startChild } from '../processes/child.js';
import type { Couch2pgCalls } from '../processes/couch2pg.js';
import { progress } from '../progress.js';
import type { Section } from '../report.js';
import type { Scratch } from '../scratch.js';
import { openSource, type Database, type Source } from '../servers/couchdb.js';
import { openPostgres } from '../servers/postgres.js';
import { writeAll } from '../servers/write-all.js';
import { TraceReader, type Traces } from './traces.js';

/** PostgreSQL brings its counts up to date within this time. */
const statisticsMs = 1_500;

/** Measures what it takes to read a feed again from its beginning of which nothing has changed, and what that writes. */
export async function benchRewind({ documents, rounds }: Arguments, scratch: Scratch): Promise<readonly Section[]> {
  const source = await openSource(scratch);
  const postgres = await openPostgres(scratch);
  const connection = await postgres.createDatabase();
  const database = await source.createDatabase(`bench-${randomBytes(4).toString('hex')}`);
  progress(`writing ${documents} documents of 1 kB to the source`);
  await writeAll(database, kiloByteDocuments({ count: documents }));
  const load = (documents * 1000) / (await followToTheEnd(source, database, connection));
  progress(`loaded with ${Math.round(load)} documents/s`);
  await sleep(statisticsMs);

  const traces = await TraceReader.open(connection);
  scratch.finally(() => traces.close());
  const before = await traces.read();
  const othersSince = watchOthers(() => postgres.cpu());
  const alone: number[] = [];
  const skipped: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    alone.push(await readAlone(source, database, documents));
    await rewind(connection);
    skipped.push((documents * 1000) / (await followToTheEnd(source, database, connection)));
    progress(
      `round ${round}: read alone ${alone.at(-1)?.toFixed(0)}, skipped ${skipped.at(-1)?.toFixed(0)} documents/s`,
    );
  }
  const others = othersSince();
  await sleep(statisticsMs);
  return [
    writtenSection(before, await traces.read(), documents * rounds),
    {
      title: 'How fast it is read again',
      results: [
        { what: 'first load', value: load, unit: 'documents/s' },
        { what: '(a) read alone, in pages as couch2pg', value: median(alone), rounds: alone, unit: 'documents/s' },
        { what: '(b) read again and left alone', value: median(skipped), rounds: skipped, unit: 'documents/s' },
        { what: '(b) / (a)', value: median(skipped.map((rate, i) => rate / (alone[i] ?? 0))), unit: '' },
        { what: '(b) / first load', value: median(skipped) / load, unit: '' },
        { what: 'CPU used by others meanwhile', value: others, unit: 'cores' },
      ],
    },
  ];
}

/** Runs couch2pg until it is live. Gives the milliseconds from its start. */
async function followToTheEnd(source: Source, database: Database, connection: PostgresConnection): Promise<number> {
  await using couch2pg = await startChild<Couch2pgCalls>('couch2pg');
  const { url, credentials } = source;
  const started = performance.now();
  await couch2pg.call('start', { url, credentials, databases: [database.name], connection });
  const isLive = async () => (await couch2pg.call('status'))[0]?.state === 'live';
  await until(isLive, 'the end of the feed', { limitMs: 3_600_000 });
  return performance.now() - started;
}

/** What CouchDB does when it no longer knows the sequence: the feed begins at its start. */
async function rewind(connection: PostgresConnection): Promise<void> {
  const client = new pg.Client({ ...connection });
  await client.connect();
  await client.query(`UPDATE v1.couchdb_progress SET seq = '0'`);
  await client.end();
}

function writtenSection(before: Traces, after: Traces, documents: number): Section {
  const more = (pick: 'inserted' | 'updated' | 'deleted' | 'notifications') => after[pick] - before[pick];
  return {
    title: `What ${documents.toLocaleString('en')} unchanged documents write`,
    results: [
      { what: 'rows inserted', value: more('inserted'), unit: '', goal: '0' },
      { what: 'rows updated', value: more('updated'), unit: '', goal: '0' },
      { what: 'rows deleted', value: more('deleted'), unit: '', goal: '0' },
      { what: 'notifications', value: more('notifications'), unit: '', goal: '0' },
      {
        what: 'the greatest saved_timestamp has moved',
        value: Number(after.watermark !== before.watermark),
        unit: '',
        goal: '0',
      },
      { what: 'write-ahead log', value: (after.walBytes - before.walBytes) / documents, unit: 'bytes/document' },
    ],
  };
}
