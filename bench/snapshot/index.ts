import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { CouchDbClient, Database as SourceDatabase } from '../../src/couchdb/index.js';
import { kiloByteDocuments } from '../../src/embedded/index.js';
import { beginSnapshot, tableNames, type PostgresConnection } from '../../src/postgres/index.js';
import type { Arguments } from '../arguments.js';
import { createTables } from '../couch2pg/create-tables.js';
import { firstLoad, type FirstLoad } from '../couch2pg/first-load.js';
import { watchOthers } from '../measure/others.js';
import { median } from '../measure/statistics.js';
import { progress } from '../progress.js';
import type { Result, Section } from '../report.js';
import type { Scratch } from '../scratch.js';
import { openSource, type Database, type Source } from '../servers/couchdb.js';
import { openPostgres } from '../servers/postgres.js';
import { writeAll } from '../servers/write-all.js';

/** Measures a first load by the feed beside one by several readers, whichever couch2pg would choose. */
export async function benchSnapshot(
  { documents, rounds, readers }: Arguments,
  scratch: Scratch,
): Promise<readonly Section[]> {
  const source = await openSource(scratch);
  const postgres = await openPostgres(scratch);
  const database = await source.createDatabase(`bench-${randomBytes(4).toString('hex')}`);
  progress(`writing ${documents} documents of 1 kB to the source`);
  await writeAll(database, kiloByteDocuments({ count: documents }));
  const othersSince = watchOthers(() => postgres.cpu());
  const byFeed: FirstLoad[] = [];
  const byReaders: FirstLoad[] = [];
  const nothing = () => Promise.resolve();
  for (let round = 1; round <= rounds; round += 1) {
    const load = { source, database, postgres, documents };
    byFeed.push(await firstLoad({ ...load, readers: 1 }, nothing));
    const prepare = (connection: PostgresConnection) => begin(source, database, connection);
    byReaders.push(await firstLoad({ ...load, readers, prepare }, nothing));
    const [feed, several] = [byFeed, byReaders].map((loads) => Math.round(loads.at(-1)?.perSecond ?? 0));
    progress(`round ${round}: by the feed ${feed}, by ${readers} readers ${several} documents/s`);
  }
  const ratios = byReaders.map(({ perSecond }, i) => perSecond / (byFeed[i]?.perSecond ?? 0));
  return [
    {
      title: `First load by the feed and by ${readers} readers`,
      results: [
        { ...of(byFeed, ({ perSecond }) => perSecond), what: '(a) by the feed', unit: 'documents/s' },
        { ...of(byReaders, ({ perSecond }) => perSecond), what: `(b) by ${readers} readers`, unit: 'documents/s' },
        { what: '(b) / (a), round by round', value: median(ratios), rounds: ratios, unit: '' },
        { what: 'CPU used by others meanwhile', value: othersSince(), unit: 'cores' },
      ],
    },
    { title: 'What it takes by the feed', results: costOf(byFeed) },
    { title: `What it takes by ${readers} readers`, results: costOf(byReaders) },
  ];
}

/** Begins a snapshot in an empty database: couch2pg goes on with it and does not ask itself what is faster. */
async function begin({ url, credentials }: Source, { name }: Database, connection: PostgresConnection): Promise<void> {
  await createTables(connection);
  const couchdb = new CouchDbClient({ url, credentials });
  const postgres = new pg.Client({ ...connection });
  await postgres.connect();
  const database = new SourceDatabase(couchdb, name);
  const sequence = await database.currentSequence();
  const { instanceStartTime = null } = await database.info();
  const origin = { sequence, instanceStartTime, force: false };
  await beginSnapshot(postgres, tableNames('v1', 'couchdb'), `${new URL(url).hostname}/${name}`, origin);
  await Promise.all([postgres.end(), couchdb.close()]);
}

function of(
  loads: readonly FirstLoad[],
  pick: (load: FirstLoad) => number | null,
): { value: number | null; rounds: readonly number[] } {
  const rounds = loads.map(pick).filter((value) => value !== null);
  return { value: rounds.length === 0 ? null : median(rounds), rounds };
}

function costOf(loads: readonly FirstLoad[]): Result[] {
  return [
    ...(['couch2pg', 'source', 'postgres'] as const).map((name) => ({
      ...{ what: `CPU, ${name}`, unit: 'us/document' },
      ...of(loads, ({ cpu }) => cpu[name]),
    })),
    { what: 'most memory of couch2pg', unit: 'MB', ...of(loads, ({ peakMemory }) => peakMemory) },
  ];
}
