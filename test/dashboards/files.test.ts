import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listIn, membersIn, ofKind, type Asset, type Members } from '../../src/dashboards/asset.js';
import { readFolder } from '../../src/dashboards/read-folder.js';
import { chartPlaces } from '../../src/dashboards/references.js';
import { createDocuments } from '../models/models.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startDbt, type Dbt } from '../support/dbt.js';

const folder = join(import.meta.dirname, '../../dashboards');
const v1 = { schema: 'v1' };

const namesIn = (dataset: Members, list: 'columns' | 'metrics', member: string) =>
  listIn(dataset, list).map((one) => String(one[member]));

/** The names in members of a chart's parameters that hold one, a list of them, or nothing. */
function named(params: Members, members: readonly string[]): string[] {
  return members.flatMap((member) => params[member] ?? []).filter((name): name is string => typeof name === 'string');
}

describe("the files of CHT Sync's dashboards", () => {
  let assets: Asset[];
  let database: TestDatabase;
  let dbt: Dbt;
  beforeAll(async () => {
    assets = await readFolder(folder);
    database = await createTestDatabase();
    dbt = await startDbt(database, { dashboards: true });
    const documents = await createDocuments(database.pool);
    await documents.write({ settings: {}, person: { type: 'person' }, report: { type: 'data_record', form: 'x' } });
    await dbt.run(v1, 'run', '--threads', '2');
  });
  afterAll(async () => {
    await dbt[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  /** The columns of each relation, as they are. */
  async function relations(): Promise<Map<string, Map<string, string>>> {
    const { rows } = await database.pool.query<{ relation: string; name: string; type: string }>(
      `SELECT table_name AS relation, column_name AS name, data_type AS type
       FROM information_schema.columns WHERE table_schema = 'v1'`,
    );
    const found = new Map<string, Map<string, string>>();
    for (const { relation, name, type } of rows) {
      found.set(relation, (found.get(relation) ?? new Map<string, string>()).set(name, type));
    }
    return found;
  }

  test('name tables, columns and types as the models have them, and metrics that PostgreSQL can compute', async () => {
    const there = await relations();
    for (const { path, content } of ofKind(assets, 'datasets')) {
      const table = String(content.table_name);
      const columns = Object.fromEntries(
        listIn(content, 'columns').map(({ column_name: name, type }) => [String(name), String(type).toLowerCase()]),
      );
      expect(columns, path).toEqual(Object.fromEntries(there.get(table) ?? []));
      const metrics = namesIn(content, 'metrics', 'expression');
      await database.pool.query(`SELECT ${metrics.join(', ')} FROM v1."${table}"`);
    }
  });

  test('use only metrics and columns that their datasets have', () => {
    const datasets = new Map(ofKind(assets, 'datasets').map(({ uuid, content }) => [uuid, content]));
    for (const { path, content } of ofKind(assets, 'charts')) {
      const dataset = datasets.get(String(content.dataset_uuid)) ?? {};
      const params = membersIn(content, 'params');
      const columns = namesIn(dataset, 'columns', 'column_name');
      const metrics = namesIn(dataset, 'metrics', 'metric_name');
      const filters = listIn(params, 'adhoc_filters').map((filter) => ({ column: filter.subject }));
      expect(columns, path).toEqual(
        expect.arrayContaining([
          ...named(params, ['groupby', 'all_columns', 'entity', 'series', 'x_axis']),
          ...filters.flatMap((filter) => named(filter, ['column'])),
        ]),
      );
      const used = named(params, ['metric', 'metrics', 'size', 'timeseries_limit_metric', ...['x', 'y']]);
      expect(metrics, path).toEqual(expect.arrayContaining(used));
    }
  });

  test('filter by columns that are there, and leave no chart or dataset without use', () => {
    const datasets = new Map(ofKind(assets, 'datasets').map(({ uuid, content }) => [uuid, content]));
    const used = new Set(ofKind(assets, 'charts').map(({ content }) => String(content.dataset_uuid)));
    const placed: string[] = [];
    for (const { path, content } of ofKind(assets, 'dashboards')) {
      placed.push(...chartPlaces(content).map(({ uuid }) => String(uuid)));
      for (const filter of listIn(membersIn(content, 'metadata'), 'native_filter_configuration')) {
        for (const target of listIn(filter, 'targets')) {
          const { datasetUuid } = target;
          if (typeof datasetUuid !== 'string') continue;
          const dataset = datasets.get(datasetUuid) ?? {};
          used.add(datasetUuid);
          expect(namesIn(dataset, 'columns', 'column_name'), path).toContain(membersIn(target, 'column').name);
        }
      }
    }
    const uuids = ofKind(assets, 'charts').map(({ uuid }) => uuid);
    expect(placed.sort()).toEqual(uuids.sort());
    expect([...used].sort()).toEqual([...datasets.keys()].sort());
  });

  test('read views that live on while the models below them are made anew', async () => {
    const views = async () => {
      const { rows } = await database.pool.query<{ view: string }>(
        `SELECT viewname AS view FROM pg_views WHERE schemaname = 'v1' ORDER BY 1`,
      );
      return rows.map(({ view }) => view);
    };
    const before = await views();
    expect(before.filter((view) => view.startsWith('dashboard_')).length).toBe(12);
    await dbt.run(v1, 'run', '--full-refresh', '--threads', '4', '--exclude', 'tag:dashboard');
    expect(await views()).toEqual(before);
    const { rows } = await database.pool.query(`SELECT form, kind FROM v1.dashboard_report`);
    expect(rows).toEqual([{ form: 'x', kind: 'other' }]);
  });

  test('read views that tell nothing, and do not fail, where the tables of couch2pg and the dataemon are missing', async () => {
    await database.pool.query(`DROP TABLE v1.couchdb_progress, v1.couchdb_rejected, v1.couchdb_verify CASCADE`);
    await dbt.run(v1, 'run', '--select', 'tag:dashboard', '--threads', '2');
    const { rows } = await database.pool.query(
      `SELECT (SELECT count(*)::integer FROM v1.dashboard_sync_source) AS sources,
         (SELECT count(*)::integer FROM v1.dashboard_sync_model) AS models`,
    );
    expect(rows).toEqual([{ sources: 0, models: 13 }]);
  });
});
