import pg from 'pg';
import { listIn, membersIn, nameOf, ofKind, type Members } from '../../src/dashboards/asset.js';
import { readFolder } from '../../src/dashboards/read-folder.js';
import { chartPlaces } from '../../src/dashboards/references.js';
import type { Arguments } from '../arguments.js';
import { createTables } from '../couch2pg/create-tables.js';
import { median } from '../measure/statistics.js';
import { inRepository } from '../places.js';
import { dbtRun } from '../processes/dbt-run.js';
import { progress } from '../progress.js';
import type { Section } from '../report.js';
import type { Scratch } from '../scratch.js';
import { openPostgres } from '../servers/postgres.js';
import { chartQuery, filterQuery, type ChartQuery } from './chart-query.js';
import { writeSample } from './write-sample.js';

const goal = 'under 2,000';

/** Times what each chart of each dashboard asks of the models of the demonstration's documents. */
export async function benchDashboards({ documents, rounds }: Arguments, scratch: Scratch): Promise<readonly Section[]> {
  const server = await openPostgres(scratch);
  const connection = await server.createDatabase();
  await createTables(connection);
  const pool = new pg.Pool({ ...connection, max: 2 });
  // Its connections may still be closing when the database is dropped.
  pool.on('error', () => undefined);
  scratch.finally(() => pool.end());
  progress(`writing ${documents} documents`);
  await writeSample(pool, { documents, now: new Date() });
  progress('building the models');
  await dbtRun({ package: 'pipeline', connection, schema: 'v1', folder: scratch.folder, args: ['--threads', '2'] });
  await pool.query('VACUUM ANALYZE');

  const sections: Section[] = [];
  for (const { title, queries } of await dashboardQueries()) {
    progress(title);
    const results = [];
    for (const { what, sql } of queries) {
      const times = [];
      for (let round = 0; round < rounds; round += 1) {
        const started = performance.now();
        await pool.query(sql);
        times.push(performance.now() - started);
      }
      results.push({ what, value: median(times), unit: 'ms', rounds: times, goal });
    }
    sections.push({ title: `${title}, ${documents.toLocaleString('en')} documents`, results });
  }
  return sections;
}

async function dashboardQueries(): Promise<{ title: string; queries: ChartQuery[] }[]> {
  const assets = await readFolder(inRepository('dashboards'));
  const contentOf = (uuid: unknown): Members => assets.find((asset) => asset.uuid === uuid)?.content ?? {};
  return ofKind(assets, 'dashboards').map((dashboard) => {
    const charts = chartPlaces(dashboard.content).map(({ uuid }) => contentOf(uuid));
    const filters = listIn(membersIn(dashboard.content, 'metadata'), 'native_filter_configuration');
    const offered = filters.flatMap((filter) =>
      listIn(filter, 'targets').flatMap((target) =>
        target.datasetUuid === undefined
          ? []
          : [filterQuery(String(filter.name), String(membersIn(target, 'column').name), contentOf(target.datasetUuid))],
      ),
    );
    const queries = charts.map((chart) => chartQuery(chart, contentOf(chart.dataset_uuid)));
    return { title: nameOf(dashboard), queries: [...queries, ...offered] };
  });
}
