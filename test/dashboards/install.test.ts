import { randomBytes, randomUUID } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { exportDashboards, installDashboards, type InstallOptions } from '../../src/dashboards/index.js';
import { SupersetClient } from '../../src/dashboards/superset-client.js';
import { bundle, createVisits } from './support/deployment.js';

const log = pino({ level: 'silent' });
const anything = z.unknown();
const slug = 'visits-of-a-test';
const uuids = {
  database: '28828224-e8ab-55d8-8863-439325da9cee',
  dashboard: 'c0ffee00-3333-4f2e-9b1a-0f6f5d1c0a04',
  chart: '9a1f3c7e-1111-4f2e-9b1a-0f6f5d1c0a02',
};

let visits: Awaited<ReturnType<typeof createVisits>>;
let elsewhere: Awaited<ReturnType<typeof createVisits>>;
let folder: string;
let client: SupersetClient;
const options = (other: Partial<InstallOptions> = {}): InstallOptions => ({
  ...{ access: inject('superset'), folder: bundle, connection: visits, schema: 'v1', log },
  ...other,
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cht-sync-dashboards-'));
  visits = await createVisits('v1', { north: 3, south: 4 });
  elsewhere = await createVisits('Other Schema', { west: 5 });
  client = await SupersetClient.signIn(inject('superset'));
});
afterAll(async () => {
  await visits.drop();
  await elsewhere.drop();
  await rm(folder, { recursive: true, force: true });
});

const dashboardSchema = z.object({
  result: z.array(
    z.object({ id: z.number(), slug: z.string().nullable(), uuid: z.string(), dashboard_title: z.string() }),
  ),
});
const dashboards = async () =>
  (await client.json({ what: 'test', path: '/api/v1/dashboard/?q=(page_size:100)' }, dashboardSchema)).result;

/** What the chart shows that counts visits. */
async function countedVisits(): Promise<unknown> {
  const charts = await client.json(
    { what: 'test', path: `/api/v1/dashboard/${slug}/charts` },
    z.object({
      result: z.array(
        z.object({ id: z.number(), slice_name: z.string(), form_data: z.record(z.string(), z.unknown()) }),
      ),
    }),
  );
  const chart = charts.result.find(({ slice_name: name }) => name.startsWith('Visits') && !name.includes('area'));
  const datasource = Number(String(chart?.form_data.datasource).split('__')[0]);
  const json = {
    datasource: { id: datasource, type: 'table' },
    queries: [{ metrics: ['visits'], columns: [] }],
    result_format: 'json',
    result_type: 'full',
  };
  const { result } = await client.json(
    { what: 'test', path: '/api/v1/chart/data', json },
    z.object({ result: z.array(z.object({ data: z.array(z.record(z.string(), z.unknown())) })) }),
  );
  return result[0]?.data[0]?.visits;
}

async function texts(of: string): Promise<Record<string, string>> {
  const names = (await readdir(of, { recursive: true })).filter((name) => name.endsWith('.yaml')).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(of, name), 'utf8')] as const)),
  );
}

test('what is installed shows what PostgreSQL holds, and a second time changes nothing', async () => {
  const first = await installDashboards(options());
  expect(first).toMatchObject({ version: '6.1.0', charts: 2, dashboards: [{ title: 'Visits of a test' }] });
  expect(await countedVisits()).toBe(7);
  const before = await dashboards();
  await installDashboards(options());
  expect(await dashboards()).toEqual(before);
});

test('the export of what was installed is the files it was installed from', async () => {
  await installDashboards(options());
  const target = join(folder, 'exported');
  const chosen = [slug];
  await exportDashboards({ access: inject('superset'), folder: target, schema: 'v1', chosen, prune: false, log });
  expect(await texts(target)).toEqual(await texts(bundle));
  const again = await exportDashboards({
    ...{ access: inject('superset'), folder: target, schema: 'v1', chosen, prune: false, log },
  });
  expect(again.written).toEqual([]);
});

test('another PostgreSQL and schema take the place of the ones before, and are in no exported file', async () => {
  await installDashboards(options({ connection: elsewhere, schema: 'Other Schema' }));
  expect(await countedVisits()).toBe(5);
  const target = join(folder, 'of another schema');
  const access = inject('superset');
  await exportDashboards({ access, folder: target, schema: 'Other Schema', chosen: [slug], prune: false, log });
  expect(await texts(target)).toEqual(await texts(bundle));
});

test('a chart that was changed in the files is changed, and what was left out of it is gone', async () => {
  await installDashboards(options());
  const changed = join(folder, 'changed');
  await cp(bundle, changed, { recursive: true });
  const file = join(changed, 'charts', 'visits_by_area.yaml');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/^description: .*\n/m, '').replace(/slice_name: .*/, 'slice_name: By area'));
  await installDashboards(options({ folder: changed }));
  const target = join(folder, 'of the changed');
  await exportDashboards({
    access: inject('superset'),
    folder: target,
    schema: 'v1',
    chosen: [slug],
    prune: false,
    log,
  });
  const exported = await readFile(join(target, 'charts', 'by_area.yaml'), 'utf8');
  expect(exported).not.toContain('description');
  await installDashboards(options());
});

test("a user's own dashboard keeps what is in it, also where it has the slug of one of ours", async () => {
  await installDashboards(options());
  const [ours] = (await dashboards()).filter(({ uuid }) => uuid === uuids.dashboard);
  const renamed = join(folder, 'renamed');
  await cp(bundle, renamed, { recursive: true });
  const file = join(renamed, 'dashboards', 'visits_of_a_test.yaml');
  await writeFile(file, (await readFile(file, 'utf8')).replace(/^slug: .*/m, 'slug: taken-by-the-user'));
  await client.json(
    { what: 'test', path: '/api/v1/dashboard/', json: { dashboard_title: 'My own', slug: 'taken-by-the-user' } },
    anything,
  );
  await installDashboards(options({ folder: renamed }));
  const after = await dashboards();
  expect(after.find((one) => one.slug === 'taken-by-the-user')).toMatchObject({ dashboard_title: 'My own' });
  expect(after.find(({ uuid }) => uuid === uuids.dashboard)).toMatchObject({
    id: ours?.id,
    slug: 'taken-by-the-user-2',
  });
  await installDashboards(options());
});

test('a PostgreSQL that Superset does not reach is told in its words, without the password, and nothing is changed', async () => {
  await installDashboards(options());
  const before = await dashboards();
  const connection = { ...visits, password: 'wrong-and-secret' };
  const attempt = installDashboards(options({ connection }));
  await expect(attempt).rejects.toMatchObject({
    code: 'SUPERSET_DATABASE_UNREACHABLE',
    remedy: expect.stringContaining('SUPERSET_DB_HOST') as string,
  });
  await expect(attempt).rejects.not.toThrow(/wrong-and-secret/);
  expect(await dashboards()).toEqual(before);
  expect(await countedVisits()).toBe(7);
});

test('a wrong password, another program and nothing at all are told apart', async () => {
  const access = inject('superset');
  await expect(installDashboards(options({ access: { ...access, password: 'no' } }))).rejects.toMatchObject({
    code: 'SUPERSET_UNAUTHORIZED',
  });
  const other = createServer((_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>hello'),
  );
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  await expect(installDashboards(options({ access: { ...access, url } }))).rejects.toMatchObject({
    code: 'SUPERSET_ANSWER_INVALID',
  });
  await new Promise((resolve) => other.close(resolve));
  await expect(installDashboards(options({ access: { ...access, url } }))).rejects.toMatchObject({
    code: 'SUPERSET_UNREACHABLE',
  });
});

test('a user who may not install is told which role may, and changes nothing', async () => {
  await installDashboards(options());
  const before = await dashboards();
  const roles = await client.json(
    { what: 'test', path: '/api/v1/security/roles/?q=(page_size:100)' },
    z.object({ result: z.array(z.object({ id: z.number(), name: z.string() })) }),
  );
  const name = `viewer_${randomBytes(4).toString('hex')}`;
  const user = {
    ...{ username: name, password: randomBytes(12).toString('hex'), email: `${name}@example.org`, active: true },
    ...{ first_name: 'A', last_name: 'Viewer', roles: roles.result.flatMap((r) => (r.name === 'Gamma' ? [r.id] : [])) },
  };
  await client.json({ what: 'test', path: '/api/v1/security/users/', json: user }, anything);
  const access = { url: inject('superset').url, user: name, password: user.password };
  await expect(installDashboards(options({ access }))).rejects.toMatchObject({
    code: 'SUPERSET_FORBIDDEN',
    remedy: expect.stringContaining('Admin') as string,
  });
  expect(await dashboards()).toEqual(before);
});

test('a Superset that is too old is told by its version, before anything is sent to it', async () => {
  const asked: string[] = [];
  const old = createServer(({ url = '', method = '' }, response) => {
    asked.push(`${method} ${url}`);
    if (url === '/login/') response.end('<div data-bootstrap="{&#34;version_string&#34;: &#34;4.0.2&#34;}">');
    else response.end(JSON.stringify({ access_token: 'token', result: 'token' }));
  });
  await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(old.address() as AddressInfo).port}`;
    await expect(installDashboards(options({ access: { ...inject('superset'), url } }))).rejects.toMatchObject({
      code: 'SUPERSET_TOO_OLD',
      message: `${url} is Superset 4.0.2; 4.1 or newer is needed.`,
    });
    expect(asked).toEqual(['POST /api/v1/security/login', 'GET /api/v1/security/csrf_token/', 'GET /login/']);
  } finally {
    await new Promise((resolve) => old.close(resolve));
  }
});

test('files of what is not exported any more are named, and with prune removed, and no other file is', async () => {
  await installDashboards(options());
  const target = join(folder, 'pruned');
  const access = inject('superset');
  const exportTo = (prune: boolean) => exportDashboards({ access, folder: target, schema: 'v1', prune, log });
  await exportTo(false);
  const chart = await readFile(join(bundle, 'charts', 'visits.yaml'), 'utf8');
  await writeFile(join(target, 'charts', 'gone.yaml'), chart.replace(uuids.chart, randomUUID()));
  await writeFile(join(target, 'notes.txt'), 'of the user');
  const before = await texts(target);
  expect(await exportTo(false)).toMatchObject({ removed: [], left: ['charts/gone.yaml'] });
  expect(await texts(target)).toEqual(before);
  expect(await exportTo(true)).toMatchObject({ written: [], removed: ['charts/gone.yaml'], left: [] });
  const { 'charts/gone.yaml': _, ...rest } = before;
  expect(await texts(target)).toEqual(rest);
  expect(await readFile(join(target, 'notes.txt'), 'utf8')).toBe('of the user');
});

test('a file that Superset refuses is named with its words, and nothing is changed', async () => {
  await installDashboards(options());
  const before = await dashboards();
  const wrong = join(folder, 'wrong');
  await cp(bundle, wrong, { recursive: true });
  await writeFile(
    join(wrong, 'charts', 'visits.yaml'),
    `${await readFile(join(wrong, 'charts', 'visits.yaml'), 'utf8')}unheard_of: 1\n`,
  );
  await expect(installDashboards(options({ folder: wrong }))).rejects.toMatchObject({
    code: 'SUPERSET_REFUSED',
    message: expect.stringMatching(/charts\/visits\.yaml\.unheard_of: Unknown field/) as string,
  });
  expect(await dashboards()).toEqual(before);
});

test('files that name what no file has are refused before Superset is asked', async () => {
  const wrong = join(folder, 'incomplete');
  await cp(bundle, wrong, { recursive: true });
  await rm(join(wrong, 'charts', 'visits.yaml'));
  await expect(installDashboards(options({ folder: wrong }))).rejects.toMatchObject({
    code: 'DASHBOARD_FILES_INVALID',
    message: expect.stringContaining(uuids.chart) as string,
  });
});
