import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import type { Arguments } from '../arguments.js';
import { median, percentile } from '../measure/statistics.js';
import { until } from '../measure/wait.js';
import { inRepository } from '../places.js';
import { startChild } from '../processes/child.js';
import type { Couch2pgCalls } from '../processes/couch2pg.js';
import type { DataemonCalls } from '../processes/dataemon.js';
import { progress } from '../progress.js';
import type { Section } from '../report.js';
import type { Scratch } from '../scratch.js';
import { openSource } from '../servers/couchdb.js';
import { openPostgres } from '../servers/postgres.js';
import { editPersons, editPersonsSteadily, type EditTimes } from './edit-persons.js';
import { measureIdle } from './idle.js';
import { openPlainDbt } from './plain-dbt.js';
import { writeSample } from './write-sample.js';

/** Measures the way of a committed row to its model beside a plain dbt run, and what an idle time costs. */
export async function benchDataemon(
  { documents, edits, perSecond, seconds, rounds, idleSeconds }: Arguments,
  scratch: Scratch,
): Promise<readonly Section[]> {
  const source = await openSource(scratch);
  const postgres = await openPostgres(scratch);
  const connection = await postgres.createDatabase();
  progress(`writing ${documents} documents of the sample to the source`);
  const { medic, databases } = await writeSample(source, `bench-${randomBytes(4).toString('hex')}`, documents);

  const couch2pg = await startChild<Couch2pgCalls>('couch2pg');
  scratch.finally(() => couch2pg.stop());
  const dataemon = await startChild<DataemonCalls>('dataemon');
  scratch.finally(() => dataemon.stop());
  const { url, credentials } = source;
  await couch2pg.call('start', { url, credentials, databases, connection });
  const isLive = async () => (await couch2pg.call('status')).every(({ state }) => state === 'live');
  await until(isLive, 'the documents in the table');
  progress('building the models');
  const started = performance.now();
  await dataemon.call('start', {
    connection,
    packageFolder: inRepository('pipeline'),
    projectFolder: inRepository('dbt'),
    python: inRepository('.python/bin/python'),
    workFolder: join(scratch.folder, 'dataemon'),
  });
  const isBuilt = async () => {
    const status = await dataemon.call('status');
    if (status?.error != null) throw new Error(`the dataemon: ${status.error.message}`);
    return status?.state === 'idle' && status.upToDateWith !== null;
  };
  await until(isBuilt, 'the models', { everyMs: 100 });
  const buildMs = performance.now() - started;

  const client = new pg.Client({ ...connection });
  await client.connect();
  const persons = await somePersons(client, medic.name, edits + rounds + perSecond * seconds);
  await client.end();
  const plain = openPlainDbt(connection, join(scratch.folder, 'plain-dbt'));
  progress('building the same models by plain dbt in another schema');
  await plain.build();

  const times: EditTimes[] = [];
  const plainMs: number[] = [];
  const share = Math.ceil(edits / Math.max(1, rounds));
  for (let round = 1; times.length < edits || round <= rounds; round += 1) {
    progress(`timing edits ${times.length + 1} to ${Math.min(edits, times.length + share)}`);
    const ids = persons.splice(0, Math.min(share, edits - times.length));
    times.push(...(await editPersons(medic, connection, ids)));
    if (round > rounds) continue;
    // The dataemon is done with this edit before plain dbt begins with it.
    const [id] = persons.splice(0, 1);
    if (id === undefined) throw new Error('the sample has too few persons');
    await editPersons(medic, connection, [id]);
    plainMs.push(await plain.run());
    await plain.check(id);
  }

  progress(`${perSecond} edits a second for ${seconds} s`);
  const steady = await editPersonsSteadily(medic, connection, persons.splice(0, perSecond * seconds), perSecond);

  const idle =
    idleSeconds === 0
      ? undefined
      : await measureIdle(idleSeconds, postgres, connection.database, {
          source: () => source.cpu(),
          couch2pg: couch2pg.pid,
          dataemon: dataemon.pid,
          worker: await dataemon.call('workerPid'),
        });
  return sections({ documents, buildMs, times, steady, perSecond, plainMs, idle });
}

/** The ids of persons that are in the model, in an order that is the same for the same sample. */
async function somePersons(client: pg.Client, database: string, count: number): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT doc ->> '_id' AS id FROM v1.couchdb c JOIN v1.person p ON p.uuid = c._id
     WHERE c.source LIKE '%/' || $1 ORDER BY md5(c._id) LIMIT $2`,
    [database, count],
  );
  if (rows.length < count) throw new Error(`the sample has only ${rows.length} persons: ask for fewer edits`);
  return rows.map(({ id }) => id);
}

interface Found {
  readonly documents: number;
  readonly buildMs: number;
  readonly times: readonly EditTimes[];
  /** Those of steady edits. */
  readonly steady: readonly EditTimes[];
  readonly perSecond: number;
  readonly plainMs: readonly number[];
  readonly idle: Section | undefined;
}

function sections({ documents, buildMs, times, steady, perSecond, plainMs, idle }: Found): Section[] {
  const toModel = times.map(({ rowToModel }) => rowToModel);
  const plain = plainMs.length === 0 ? null : median(plainMs);
  const among = `among ${documents.toLocaleString('en')} documents`;
  return [
    latencies(`From the committed row to the model, ${times.length} single edits ${among}`, times),
    ...(steady.length === 0
      ? []
      : [latencies(`The same, ${steady.length} edits, ${perSecond} a second, ${among}`, steady)]),
    {
      title: 'Beside',
      results: [
        { what: 'a plain `dbt run` for one edit', value: plain, unit: 'ms', rounds: plainMs },
        {
          what: 'a plain `dbt run` / p50 of the dataemon',
          value: plain === null ? null : plain / percentile(toModel, 50),
          unit: '',
        },
        { what: "the dataemon's first build of all models, with its start", value: buildMs, unit: 'ms' },
      ],
    },
    ...(idle === undefined ? [] : [idle]),
  ];
}

function latencies(title: string, times: readonly EditTimes[]): Section {
  const toModel = times.map(({ rowToModel }) => rowToModel);
  const whole = times.map(({ answerToModel }) => answerToModel);
  return {
    title,
    results: [
      { what: 'p50', value: percentile(toModel, 50), unit: 'ms', goal: '100 or less' },
      { what: 'p90', value: percentile(toModel, 90), unit: 'ms' },
      { what: 'p99', value: percentile(toModel, 99), unit: 'ms', goal: '500 or less' },
      { what: 'longest', value: percentile(toModel, 100), unit: 'ms' },
      { what: "from the PUT's answer to the model, p50", value: percentile(whole, 50), unit: 'ms' },
      { what: "from the PUT's answer to the model, p99", value: percentile(whole, 99), unit: 'ms' },
    ],
  };
}
