import { expect, test } from 'vitest';
import { createMetrics } from './metrics.js';
import type { ModelSample, SourceSample, TestSample } from './samples.js';

const source: SourceSample = {
  source: 'cht.example.org/medic',
  state: 'live',
  states: ['live', 'failed'],
  up: true,
  sequence: '1234-g1AAAA',
  pending: 5,
  written: 100,
  unchanged: 4,
  regressions: { restored: 1, purged: 0 },
  rejected: 2,
  replacedCharacters: 3,
  lagMs: 250,
};
const model: ModelSample = { name: 'person', failed: false, rows: 10, lastRunAt: 1000, durationMs: 500 };

function metricsOf(sources: SourceSample[], models: ModelSample[], tests: TestSample[] = []) {
  return createMetrics('3.0.0', { sources: () => sources, models: () => models, tests: () => tests });
}

test('couch2pg has the names, types and labels that CHT Watchdog reads', async () => {
  const text = await metricsOf([source], []).render();
  const labels = '{db="medic",cht_instance="cht.example.org",target="cht.example.org"}';
  expect(text).toContain('# TYPE couch2pg_progress_sequence counter');
  expect(text).toContain(`couch2pg_progress_sequence${labels} 1234`);
  expect(text).toContain('# TYPE couch2pg_progress_pending gauge');
  expect(text).toContain(`couch2pg_progress_pending${labels} 5`);
  expect(text).toContain(`couch2pg_up${labels} 1`);
});

test('sources and models are measured in base units, counters are not added up over scrapes', async () => {
  const metrics = metricsOf([source], [model]);
  await metrics.render();
  const text = await metrics.render();
  expect(text).toContain('cht_sync_documents_written_total{source="cht.example.org/medic"} 100');
  expect(text).toContain('cht_sync_changes_unchanged_total{source="cht.example.org/medic"} 4');
  expect(text).toContain('cht_sync_regressions_total{source="cht.example.org/medic",kind="restored"} 1');
  expect(text).toContain('cht_sync_source_lag_seconds{source="cht.example.org/medic"} 0.25');
  expect(text).toContain('cht_sync_source_state{source="cht.example.org/medic",state="live"} 1');
  expect(text).toContain('cht_sync_source_state{source="cht.example.org/medic",state="failed"} 0');
  expect(text).toContain('cht_sync_model_duration_seconds{model="person"} 0.5');
  expect(text).toContain('cht_sync_model_last_run_timestamp_seconds{model="person"} 1');
  expect(text).toContain('cht_sync_build_info{version="3.0.0"} 1');
});

test('what is not known has no line', async () => {
  const unknown = { ...source, sequence: null, pending: null, lagMs: null };
  const text = await metricsOf([unknown], [{ ...model, rows: null, durationMs: null, lastRunAt: null }]).render();
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  for (const name of ['progress_sequence', 'progress_pending', 'source_lag', 'model_rows', 'model_duration']) {
    expect(lines.filter((line) => line.includes(name))).toEqual([]);
  }
});

test('tests of the package are measured where any are run', async () => {
  const [none, some] = [metricsOf([], []), metricsOf([], [], [{ name: 'unique_uuid', failed: true, lastRunAt: 3000 }])];
  expect(await none.render()).not.toMatch(/^cht_sync_test_/m);
  const text = await some.render();
  expect(text).toContain('cht_sync_test_up{test="unique_uuid"} 0');
  expect(text).toContain('cht_sync_test_last_run_timestamp_seconds{test="unique_uuid"} 3');
});

test('each failed run of a model counts once, however often it is looked at', async () => {
  const models = [model];
  const metrics = metricsOf([], models);
  const failures = async () =>
    /cht_sync_model_failures_total\{model="person"\} (\d+)/.exec(await metrics.render())?.[1];
  expect(await failures()).toBe('0');
  models[0] = { ...model, failed: true, lastRunAt: 2000 };
  metrics.modelsChanged();
  expect(await failures()).toBe('1');
  models[0] = { ...model, failed: true, lastRunAt: 3000 };
  metrics.modelsChanged();
  models[0] = { ...model, lastRunAt: 4000 };
  expect(await failures()).toBe('2');
});
