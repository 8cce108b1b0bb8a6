import { expect, test } from 'vitest';
import { createMetrics } from './metrics.js';
import type { DataemonSample, ModelSample, SourceSample, StoredSample } from './samples.js';

const source: SourceSample = {
  source: 'cht.example.org/medic',
  state: 'live',
  states: ['live', 'failed'],
  isStandby: false,
  up: true,
  sequence: '1234-g1AAAA',
  pending: 5,
  written: 100,
  bytes: 5000,
  unchanged: 4,
  regressions: { restored: 1, purged: 0 },
  rejected: 2,
  replacedCharacters: 3,
  lag: { state: 'behind', ms: 250 },
  errors: { COUCHDB_UNREACHABLE: 2, POSTGRES_UNREACHABLE: 0 },
  error: null,
};
const model: ModelSample = { name: 'person', failed: false, rows: 10, lastRunAt: 1000, durationMs: 500 };
const dataemon: DataemonSample = {
  ...{
    selector: null,
    state: 'idle',
    states: ['idle', 'waiting'],
    up: true,
    error: null,
    lastRun: null,
    models: [model],
    tests: [],
  },
};
const stored: StoredSample = {
  sources: [
    {
      source: source.source,
      parked: 3,
      verification: { endedAt: 5000, compared: 1000, differences: { missing: 0, stale: 2 }, remaining: 1 },
    },
    { source: 'cht.example.org/_users', parked: 0, verification: null },
  ],
  models: [{ name: 'person', lagMs: 1500, lastSuccessAt: 4000 }],
  watchdog: { target: 'cht.example.org', latencyMs: 2500, durations: new Map([['place', 3000]]) },
};

interface Given {
  readonly sources?: SourceSample[];
  readonly dataemon?: DataemonSample;
  readonly stored?: StoredSample | undefined;
}

function metricsOf({ sources, dataemon: now, stored: told }: Given) {
  return createMetrics('3.0.0', {
    sources: sources && (() => sources),
    dataemon: now && (() => now),
    stored: () => Promise.resolve(told),
  });
}

const linesOf = (text: string) => text.split('\n').filter((line) => !line.startsWith('#'));
const namesIn = (text: string) => new Set(linesOf(text).map((line) => line.split(/[{ ]/)[0]!));

test('couch2pg has the names, types and labels that CHT Watchdog reads', async () => {
  const text = await metricsOf({ sources: [source], stored }).render();
  const labels = '{db="medic",cht_instance="cht.example.org",target="cht.example.org"}';
  expect(text).toContain('# TYPE couch2pg_progress_sequence counter');
  expect(text).toContain(`couch2pg_progress_sequence${labels} 1234\n`);
  expect(text).toContain('# TYPE couch2pg_progress_pending gauge');
  expect(text).toContain(`couch2pg_progress_pending${labels} 5\n`);
  expect(text).toContain('# TYPE couch2pg_up gauge');
  expect(text).toContain(`couch2pg_up${labels} 1\n`);
});

test('the dataemon has the names, types and labels that CHT Watchdog reads, of models that ran before it began, too', async () => {
  const text = await metricsOf({ dataemon, stored }).render();
  expect(text).toContain('# TYPE dbt_latency gauge');
  expect(text).toContain('dbt_latency{target="cht.example.org"} 2.5\n');
  expect(text).toContain('# TYPE dbt_execution_time gauge');
  expect(text).toContain('dbt_execution_time{table_name="place",target="cht.example.org"} 3\n');
  expect(text).toContain('dbt_execution_time{table_name="person",target="cht.example.org"} 0.5\n');
});

test('models of sources of several hosts have no target', async () => {
  const watchdog = { ...stored.watchdog!, target: null };
  const text = await metricsOf({ dataemon, stored: { ...stored, watchdog } }).render();
  expect(text).toContain('\ndbt_latency 2.5\n');
  expect(text).toContain('\ndbt_execution_time{table_name="place"} 3\n');
});

test('each half shows what is its own', async () => {
  const couch2pg = namesIn(await metricsOf({ sources: [source], stored }).render());
  const models = namesIn(await metricsOf({ dataemon, stored }).render());
  expect([...couch2pg].filter((name) => /^(dbt|cht_sync_(dataemon|model|test))_/.test(name))).toEqual([]);
  expect([...models].filter((name) => /^(couch2pg|cht_sync_(source|documents|verify|batch))_/.test(name))).toEqual([]);
});

test('sources and models are measured in base units, counters are not added up over scrapes', async () => {
  const metrics = metricsOf({ sources: [source], dataemon, stored });
  await metrics.render();
  const text = await metrics.render();
  const lines = [
    'cht_sync_documents_written_total{source="cht.example.org/medic"} 100',
    'cht_sync_documents_written_bytes_total{source="cht.example.org/medic"} 5000',
    'cht_sync_changes_unchanged_total{source="cht.example.org/medic"} 4',
    'cht_sync_regressions_total{source="cht.example.org/medic",kind="restored"} 1',
    'cht_sync_source_errors_total{source="cht.example.org/medic",code="COUCHDB_UNREACHABLE"} 2',
    'cht_sync_source_errors_total{source="cht.example.org/medic",code="POSTGRES_UNREACHABLE"} 0',
    'cht_sync_source_lag_seconds{source="cht.example.org/medic"} 0.25',
    'cht_sync_source_lag_state{source="cht.example.org/medic",state="behind"} 1',
    'cht_sync_source_lag_state{source="cht.example.org/medic",state="idle"} 0',
    'cht_sync_source_state{source="cht.example.org/medic",state="live"} 1',
    'cht_sync_source_state{source="cht.example.org/medic",state="failed"} 0',
    'cht_sync_documents_parked{source="cht.example.org/medic"} 3',
    'cht_sync_verify_differences{source="cht.example.org/medic",kind="stale"} 2',
    'cht_sync_verify_remaining{source="cht.example.org/medic"} 1',
    'cht_sync_verify_ended_timestamp_seconds{source="cht.example.org/medic"} 5',
    'cht_sync_model_duration_seconds{model="person"} 0.5',
    'cht_sync_model_lag_seconds{model="person"} 1.5',
    'cht_sync_model_last_run_timestamp_seconds{model="person"} 1',
    'cht_sync_model_last_success_timestamp_seconds{model="person"} 4',
    'cht_sync_dataemon_state{state="idle"} 1',
    'cht_sync_dataemon_up 1',
    'cht_sync_build_info{version="3.0.0"} 1',
    'cht_sync_postgres_up 1',
  ];
  expect(text.split('\n')).toEqual(expect.arrayContaining(lines));
});

test('what is not known has no line', async () => {
  const unknown: SourceSample = { ...source, sequence: null, pending: null, lag: { state: 'unknown', ms: null } };
  const models = [{ ...model, rows: null, durationMs: null, lastRunAt: null }];
  const text = await metricsOf({ sources: [unknown], dataemon: { ...dataemon, models }, stored }).render();
  const names = namesIn(text);
  for (const name of ['couch2pg_progress_sequence', 'couch2pg_progress_pending', 'cht_sync_source_lag_seconds']) {
    expect(names).not.toContain(name);
  }
  for (const name of ['cht_sync_model_rows', 'cht_sync_model_duration_seconds', 'cht_sync_source_error']) {
    expect(names).not.toContain(name);
  }
  expect(text).toContain('cht_sync_source_lag_state{source="cht.example.org/medic",state="unknown"} 1\n');
  expect(text).not.toContain('cht_sync_verify_documents{source="cht.example.org/_users"}');
});

test('while PostgreSQL is away a scrape says so, and has all else', async () => {
  const text = await metricsOf({ sources: [source], dataemon, stored: undefined }).render();
  expect(text).toContain('\ncht_sync_postgres_up 0\n');
  const names = namesIn(text);
  for (const name of ['cht_sync_documents_parked', 'cht_sync_model_lag_seconds', 'dbt_latency']) {
    expect(names).not.toContain(name);
  }
  for (const name of ['couch2pg_up', 'cht_sync_source_state', 'cht_sync_model_up', 'process_start_time_seconds']) {
    expect(names).toContain(name);
  }
});

test('a standby leaves what another process writes to that process', async () => {
  const text = await metricsOf({
    sources: [{ ...source, state: 'standby', states: ['live', 'standby'], isStandby: true }],
    stored,
  }).render();
  expect(namesIn(text)).not.toContain('couch2pg_up');
  expect(namesIn(text)).not.toContain('cht_sync_source_lag_state');
  expect(text).toContain('cht_sync_source_state{source="cht.example.org/medic",state="standby"} 1\n');
});

test('tests of the package are measured where any are run', async () => {
  const tests = [{ name: 'unique_uuid', failed: true, lastRunAt: 3000 }];
  expect(await metricsOf({ dataemon, stored }).render()).not.toMatch(/^cht_sync_test_/m);
  const text = await metricsOf({ dataemon: { ...dataemon, tests }, stored }).render();
  expect(text).toContain('cht_sync_test_up{test="unique_uuid"} 0');
  expect(text).toContain('cht_sync_test_last_run_timestamp_seconds{test="unique_uuid"} 3');
});

test('each failed run of a model, each run and each beginning of an error counts once, however often it is looked at', async () => {
  let now: DataemonSample = dataemon;
  const metrics = createMetrics('3.0.0', { dataemon: () => now, stored: () => Promise.resolve(undefined) });
  const counted = async () => {
    const text = await metrics.render();
    const value = (name: string) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
    return [
      value('cht_sync_model_failures_total\\{model="person"\\}'),
      value('cht_sync_dataemon_runs_total\\{kind="increment",outcome="failed"\\}'),
      value('cht_sync_dataemon_run_duration_seconds_count\\{kind="increment"\\}'),
      value('cht_sync_dataemon_rows_written_total'),
      value('cht_sync_dataemon_errors_total\\{code="MODEL_FAILED"\\}'),
    ];
  };
  const run = (id: string, failed: number) => ({ id, kind: 'increment', durationMs: 40, failed, rowsAffected: 7 });
  expect(await counted()).toEqual([0, 0, 0, 0, 0]);
  now = {
    ...{ ...dataemon, error: 'MODEL_FAILED', lastRun: run('a', 1) },
    models: [{ ...model, failed: true, lastRunAt: 2000 }],
  };
  metrics.dataemonChanged();
  expect(await counted()).toEqual([1, 1, 1, 7, 1]);
  now = { ...now, lastRun: run('b', 1), models: [{ ...model, failed: true, lastRunAt: 3000 }] };
  metrics.dataemonChanged();
  now = { ...dataemon, lastRun: run('c', 0), models: [{ ...model, lastRunAt: 4000 }] };
  expect(await counted()).toEqual([2, 2, 3, 21, 1]);
});

test('batches are counted by how long they took', async () => {
  const metrics = metricsOf({ sources: [source], stored });
  metrics.batchWritten('cht.example.org/medic', 40);
  metrics.batchWritten('cht.example.org/medic', 400);
  const text = await metrics.render();
  expect(text).toContain('cht_sync_batch_duration_seconds_bucket{le="0.05",source="cht.example.org/medic"} 1\n');
  expect(text).toContain('cht_sync_batch_duration_seconds_sum{source="cht.example.org/medic"} 0.44\n');
  expect(text).toContain('cht_sync_batch_duration_seconds_count{source="cht.example.org/medic"} 2\n');
});
