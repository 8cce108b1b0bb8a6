import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { ofKind } from '../../src/dashboards/asset.js';
import { installDashboards } from '../../src/dashboards/install.js';
import { readFolder } from '../../src/dashboards/read-folder.js';
import { chartPlaces } from '../../src/dashboards/references.js';
import { createLog } from '../../src/lib/index.js';
import { Disposables } from '../support/disposables.js';
import { startChromium } from './support/chromium.js';
import { SupersetPages, type DashboardPage } from './support/dashboard-page.js';
import { openDemo, type Demo } from './support/demo.js';
import { readTruth, truth } from './support/truth.js';

const repository = join(import.meta.dirname, '../..');
const folder = join(repository, 'dashboards');
/** Where pictures for the documentation go, if they are asked for: `DASHBOARD_PICTURES=docs/images`. */
const pictures = process.env.DASHBOARD_PICTURES;
const log = createLog({ level: 'silent', format: 'json', secrets: [] });

describe('dashboards over the data of the demonstration', () => {
  const charts = new Map<string, number>();
  const opened = new Disposables();
  let demo: Demo;
  let pages: SupersetPages;

  beforeAll(async () => {
    const browser = opened.use(await startChromium());
    const assets = await readFolder(folder);
    for (const { content } of ofKind(assets, 'dashboards'))
      charts.set(String(content.slug), chartPlaces(content).length);
    // Enough for every chart; pictures show more.
    demo = opened.use(await openDemo(pictures === undefined ? 10_000 : 20_000));
    await readTruth(demo.bench.pool);
    const connection = { ...demo.bench.database.connection, ...demo.reader };
    await installDashboards({ access: inject('superset'), folder, connection, schema: 'v1', log });
    pages = opened.use(await SupersetPages.open(browser, inject('superset')));
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  /** Opens a dashboard, of which no chart but these is empty. */
  async function open(slug: string, empty: string[] = []): Promise<DashboardPage> {
    const count = charts.get(slug)!;
    const dashboard = await pages.dashboard(slug, count);
    expect((await dashboard.names()).length).toBe(count);
    expect(await dashboard.empty()).toEqual(empty);
    return dashboard;
  }

  /** What is shown, once it is: these numbers, and no fault. */
  async function shows(dashboard: DashboardPage, numbers: Record<string, string>): Promise<void> {
    await expect.poll(() => dashboard.numbers(), { timeout: 60_000 }).toEqual(numbers);
    expect(await dashboard.faults()).toEqual({});
  }

  async function picture(dashboard: DashboardPage, name: string, height: number): Promise<void> {
    if (pictures === undefined) return;
    const target = join(repository, pictures);
    await mkdir(target, { recursive: true });
    await dashboard.picture(join(target, `${name}.jpg`), height);
  }

  test('the programme overview shows no error, the numbers that are in the documents, and those of the district that is chosen', async () => {
    const dashboard = await open('cht-programme');
    await shows(dashboard, await truth(demo.bench.pool, 'programme'));
    await picture(dashboard, 'dashboard-programme', 1450);
    await dashboard.choose('district', 'Sikasso');
    await shows(dashboard, await truth(demo.bench.pool, 'programme', 'Sikasso'));
  });

  test('supervision shows no error, and the activity and overdue households of all and of one health worker', async () => {
    const dashboard = await open('cht-supervision');
    const all = await truth(demo.bench.pool, 'supervision');
    await shows(dashboard, all);
    expect(await dashboard.records('Households: the longest without a visit first')).toBe(Number(all.Overdue));
    await picture(dashboard, 'dashboard-supervision', 1300);
    // Some have no households yet, or are silent.
    const [name] = (await dashboard.table('Health workers: the longest silent first')).find(
      (cells) => Number(cells[5]) > 0 && Number(cells[7]) > 0,
    )!;
    await dashboard.choose('health_worker', name!);
    await shows(dashboard, await truth(demo.bench.pool, 'supervision', name));
    expect(await dashboard.table('Health workers: the longest silent first')).toHaveLength(1);
  });

  test('app usage and data quality show no error, and what telemetry, feedback and malformed values come to', async () => {
    const dashboard = await open('cht-app-usage');
    await shows(dashboard, await truth(demo.bench.pool, 'appUsage'));
    await picture(dashboard, 'dashboard-app-usage', 1250);
  });

  test('the role that dashboards are read as reads models that come later, and no documents', async () => {
    const { pool, database } = demo.bench;
    await pool.query('CREATE TABLE v1.made_later AS SELECT 1 AS one');
    const client = new pg.Client({ ...database.connection, ...demo.reader });
    await client.connect();
    try {
      expect((await client.query('SELECT * FROM v1.made_later')).rows).toEqual([{ one: 1 }]);
      for (const table of ['couchdb', 'couchdb_rejected', 'couchdb_snapshot']) {
        await expect(client.query(`SELECT * FROM v1.${table}`)).rejects.toThrow(`permission denied for table ${table}`);
      }
    } finally {
      await client.end();
    }
  });

  test('sync health shows no error, and how each database and model stands', async () => {
    const dashboard = await open('cht-sync-health', ['Runs that failed']);
    await shows(dashboard, await truth(demo.bench.pool, 'syncHealth'));
    const databases = await dashboard.table('Databases');
    expect(databases.map(([source]) => source)).toEqual(
      ['_users', 'medic', 'medic-sentinel', 'medic-users-meta'].map((name) => `cht.example.org/${name}`),
    );
    const models = await dashboard.table('Models');
    expect(models.map(([, status]) => status)).toEqual(models.map(() => 'ok'));
    await picture(dashboard, 'dashboard-sync-health', 1500);
  });
});
