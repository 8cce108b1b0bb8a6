import type pg from 'pg';
import type { PostgresConnection } from '../../src/postgres/index.js';
import { median } from '../measure/statistics.js';
import { progress } from '../progress.js';
import type { Result, Section } from '../report.js';
import { dbtRun } from '../processes/dbt-run.js';

/** The models that both packages have. */
const models = ['document_metadata', 'contact', 'contact_type', 'person', 'place', 'patient', 'data_record'];

/** What is measured. */
export interface FullRefresh {
  readonly client: pg.ClientBase;
  readonly connection: PostgresConnection;
  readonly documents: number;
  readonly rounds: number;
  readonly folder: string;
}

/**
 * Measures a full refresh of the base models beside one sequential scan of the documents, in turns. That of the reference
 * package is measured where it builds tables that were not there, and so is ours.
 */
export async function measureFullRefresh(options: FullRefresh): Promise<Section> {
  const { client, connection, documents, rounds, folder } = options;
  const times = { counting: [] as number[], unpacking: [] as number[] };
  const ours: Map<string, number>[] = [];
  const reference: Map<string, number>[] = [];
  const args = ['--full-refresh', '--select', ...models];
  // What a first pass over new rows has to do for all is done: hint bits, the visibility map.
  await client.query('VACUUM ANALYZE v1.couchdb');
  for (let round = 1; round <= rounds; round += 1) {
    progress(`full refresh of ${documents} documents, round ${round} of ${rounds}`);
    times.counting.push(await timed(() => client.query('SELECT count(*) FROM v1.couchdb')));
    times.unpacking.push(await timed(() => client.query('SELECT sum(length(doc::text)) FROM v1.couchdb')));
    for (const [schema, path, found] of [
      ['ours', 'pipeline', ours],
      ['reference', 'bench/pipeline/reference-package', reference],
    ] as const) {
      await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      await client.query('CHECKPOINT');
      found.push(await dbtRun({ package: path, connection, schema, folder, args }));
    }
    for (const model of models) await compareCounts(client, model);
  }
  const of = (found: readonly Map<string, number>[], name: string) => found.map((times) => times.get(name) ?? NaN);
  const built = (found: readonly Map<string, number>[]) =>
    found.map((times) => models.reduce((sum, model) => sum + (times.get(model) ?? NaN), 0));
  const row = (what: string, values: readonly number[]): Result => ({
    ...{ what, unit: 's', value: median(values) / 1000 },
    rounds: values.map((ms) => ms / 1000),
  });
  const ratio = (what: string, a: readonly number[], b: readonly number[], goal?: string): Result => ({
    ...{ what, unit: '', value: median(a) / median(b), rounds: a.map((value, i) => value / (b[i] ?? NaN)) },
    ...(goal === undefined ? {} : { goal }),
  });
  return {
    title: `Full refresh of ${documents.toLocaleString('en')} documents`,
    results: [
      row('one sequential scan: count(*)', times.counting),
      row('one sequential scan, each document as text', times.unpacking),
      row('cht_pipeline, all of its base models', built(ours)),
      ...models.map((model) => row(`... ${model}`, of(ours, model))),
      row('the reference package', built(reference)),
      ...models.map((model) => row(`... ${model}`, of(reference, model))),
      ratio('cht_pipeline / the scan of texts', built(ours), times.unpacking),
      ratio('the reference package / cht_pipeline', built(reference), built(ours), '2 or more'),
    ],
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function compareCounts(client: pg.ClientBase, model: string): Promise<void> {
  const { rows } = await client.query<{ ours: string; reference: string }>(
    `SELECT (SELECT count(*) FROM ours.${model}) AS ours, (SELECT count(*) FROM reference.${model}) AS reference`,
  );
  const counts = rows[0];
  if (counts?.ours !== counts?.reference)
    throw new Error(`${model}: ${counts?.ours} rows, of the reference ${counts?.reference}`);
}
