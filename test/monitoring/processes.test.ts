import { expect, test, vi } from 'vitest';
import { findPromtool, promtoolWhere } from '../deploy/tools/promtool.js';
import { run } from '../deploy/tools/run.js';
import { medicDocuments } from '../end-to-end/support/deployment.js';
import { couchDbVariables, postgresVariables } from '../end-to-end/support/environment.js';
import { TcpProxy } from '../faults/support/tcp-proxy.js';
import { Command, withPreloadedPython } from '../support/command.js';
import { createTestCouchDb } from '../support/couchdb.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { freePort } from '../support/global-postgres.js';
import { createTemporaryFolder } from '../support/temporary-folder.js';
import { valueOf, valuesOf } from './support/exposition.js';
import { chtWatchdog } from './support/watchdog.js';
import { needed } from '../support/needed.js';

const soon = { timeout: 180_000, interval: 200 };

/** Two keys that would become one: PostgreSQL refuses the document. */
const poison = { _id: 'poison', ab: 1, 'a\0b': 2 };

async function get(port: number, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, text: await response.text() };
}

async function connectionsOfMonitoring({ pool }: TestDatabase): Promise<number> {
  const { rowCount } = await pool.query(
    `SELECT FROM pg_stat_activity WHERE application_name = 'cht-sync monitoring' AND datname = current_database()`,
  );
  return rowCount ?? 0;
}

test('two processes show what CHT Watchdog, Prometheus, probes and people ask, also while PostgreSQL is away', async () => {
  await using couchdb = await createTestCouchDb();
  await using database = await createTestDatabase();
  await using folder = await createTemporaryFolder();
  await using proxy = await TcpProxy.start(database.connection);
  const medic = await couchdb.createDatabase('medic');
  await medic.write(...medicDocuments);
  const direct = postgresVariables(database);
  const postgres = { ...direct, POSTGRES_HOST: proxy.host, POSTGRES_PORT: String(proxy.port) };
  const [couch2pgPort, dataemonPort] = [await freePort(), await freePort()];
  const ports = [couch2pgPort, dataemonPort];
  const metricsOf = async (port: number) => (await get(port, '/metrics')).text;
  const answersOf = (path: string) => Promise.all(ports.map((port) => get(port, path)));
  const statusesOf = async (path: string) => (await answersOf(path)).map(({ status }) => status);
  const ok = { status: 200, text: 'ok\n' };
  await using couch2pg = new Command(['couch2pg'], {
    folder: folder.path,
    env: { ...postgres, ...couchDbVariables(couchdb, [medic]), METRICS_PORT: String(couch2pgPort) },
  });
  await using dataemon = new Command(['dataemon'], {
    folder: folder.path,
    env: { ...postgres, METRICS_PORT: String(dataemonPort) },
    ...withPreloadedPython(),
  });

  await vi.waitFor(async () => expect(await answersOf('/readyz')).toEqual([ok, ok]), soon);
  expect(await statusesOf('/healthz')).toEqual([200, 200]);
  // Nobody has asked for metrics, so nobody has asked PostgreSQL for any.
  expect(await connectionsOfMonitoring(database)).toBe(0);

  // What Watchdog's own exporter would read, and what it reads here.
  const watchdog = await chtWatchdog(database);
  const labels = { db: medic.name, cht_instance: '127.0.0.1', target: '127.0.0.1' };
  expect(watchdog.sources).toEqual([
    { db: medic.name, cht_instance: '127.0.0.1', liveness: 1, pending: 0, sequence: expect.any(Number) as number },
  ]);
  const documents = await metricsOf(couch2pgPort);
  expect(valueOf(documents, 'couch2pg_up', labels)).toBe(1);
  expect(valueOf(documents, 'couch2pg_progress_pending', labels)).toBe(0);
  expect(valueOf(documents, 'couch2pg_progress_sequence', labels)).toBe(watchdog.sources[0]!.sequence);
  const models = await metricsOf(dataemonPort);
  expect(valueOf(models, 'dbt_latency', { target: '127.0.0.1' })).toBeCloseTo(watchdog.latencySeconds!, 3);
  const durations = valuesOf(models, 'dbt_execution_time');
  expect(new Set(durations.map(({ labels: of }) => of.table_name))).toEqual(watchdog.models);
  for (const { value, labels: of } of durations) {
    expect(of.target).toBe('127.0.0.1');
    expect(value).toBeGreaterThan(0);
  }

  // Our own.
  const source = { source: `127.0.0.1/${medic.name}` };
  expect(valueOf(documents, 'cht_sync_source_state', { ...source, state: 'live' })).toBe(1);
  expect(valueOf(documents, 'cht_sync_source_lag_state', { ...source, state: 'idle' })).toBe(1);
  expect(valueOf(documents, 'cht_sync_documents_written_total', source)).toBe(medicDocuments.length);
  expect(valueOf(documents, 'cht_sync_documents_written_bytes_total', source)).toBeGreaterThan(1_000);
  expect(valueOf(documents, 'cht_sync_batch_duration_seconds_count', source)).toBeGreaterThan(0);
  expect(valueOf(documents, 'cht_sync_documents_parked', source)).toBe(0);
  expect(valueOf(models, 'cht_sync_model_up', { model: 'person' })).toBe(1);
  expect(valueOf(models, 'cht_sync_model_lag_seconds', { model: 'person' })).toBe(0);
  expect(valueOf(models, 'cht_sync_dataemon_runs_total', { kind: 'full-refresh', outcome: 'ok' })).toBeGreaterThan(0);

  const status = async (...args: string[]) => {
    await using command = new Command(['status', ...args], { folder: folder.path, env: direct });
    const { code } = await command.end();
    return { code, stdout: command.stdout };
  };
  const well = await status();
  expect(well.stdout).toMatch(/Nothing needs attention\.\n$/);
  expect(well.code).toBe(0);
  await using watching = new Command(['status', '--watch'], { folder: folder.path, env: direct });
  await expect.poll(() => watching.stdout, soon).toContain(`${source.source}: live, nothing to come`);

  await medic.write(poison);
  await expect
    .poll(async () => valueOf(await metricsOf(couch2pgPort), 'cht_sync_documents_parked', source), soon)
    .toBe(1);
  await expect.poll(() => watching.stdout, soon).toContain(`Needs attention: ${source.source}: 1 document is parked`);
  expect(await watching.stop()).toMatchObject({ code: 0 });
  const attention = await status('--json');
  expect(attention.code).toBe(1);
  expect(JSON.parse(attention.stdout)).toMatchObject({
    attention: [expect.stringContaining('cht-sync rejected list')],
    sources: [{ ...source, state: 'live', lag: 'idle', parked: 1, isFollowed: true }],
    dataemons: [{ selector: null, isRunning: true }],
  });

  // Away, then silent: a scrape has all else, and probes ask for no restart.
  for (const how of ['reset', 'hang'] as const) {
    proxy.set({ connect: how });
    proxy.cut('reset');
    for (const port of ports) {
      await expect.poll(async () => valueOf(await metricsOf(port), 'cht_sync_postgres_up'), soon).toBe(0);
    }
    await vi.waitFor(async () => expect(await statusesOf('/readyz')).toEqual([503, 503]), soon);
    expect(await statusesOf('/healthz')).toEqual([200, 200]);
    expect(valueOf(await metricsOf(couch2pgPort), 'couch2pg_up', labels)).toBe(0);
    expect(valueOf(await metricsOf(couch2pgPort), 'cht_sync_source_lag_seconds', source)).toBeGreaterThan(0);
  }
  proxy.heal();
  await vi.waitFor(async () => expect(await answersOf('/readyz')).toEqual([ok, ok]), soon);
  await expect.poll(async () => valueOf(await metricsOf(dataemonPort), 'cht_sync_postgres_up'), soon).toBe(1);
  const errors = valuesOf(await metricsOf(couch2pgPort), 'cht_sync_source_errors_total');
  expect(errors.find(({ labels: of }) => of.code === 'POSTGRES_UNREACHABLE')!.value).toBeGreaterThan(0);

  const promtool = await needed(promtoolWhere, findPromtool);
  if (promtool.value !== undefined) {
    for (const port of ports) {
      const { stderr, stdout } = await run(promtool.value, ['check', 'metrics'], { input: await metricsOf(port) });
      const remarks = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
      // The name is CHT Watchdog's.
      expect(remarks.filter((line) => !line.startsWith('couch2pg_progress_sequence counter '))).toEqual([]);
    }
  }
  expect(await couch2pg.stop()).toMatchObject({ code: 0 });
  expect(await dataemon.stop()).toMatchObject({ code: 0 });
});
