import { seconds, type MetricDefinition, type MetricHead } from './metric-definition.js';
import type { ModelSample, StoredModel, TestSample } from './samples.js';

const byModel = ({ name }: { readonly name: string }) => ({ model: name });

/** The metrics of each model. */
export const modelMetrics: readonly MetricDefinition<ModelSample>[] = [
  {
    kind: 'gauge',
    name: 'cht_sync_model_up',
    help: 'Whether the last run of the model succeeded',
    labelNames: ['model'],
    values: (sample) => [[byModel(sample), sample.failed ? 0 : 1]],
  },
  {
    kind: 'gauge',
    name: 'cht_sync_model_duration_seconds',
    help: 'How long the last run of the model took',
    labelNames: ['model'],
    values: (sample) => [[byModel(sample), seconds(sample.durationMs)]],
  },
  {
    kind: 'gauge',
    name: 'cht_sync_model_rows',
    help: 'Rows of the model, an estimate when there are many; no line when unknown',
    labelNames: ['model'],
    values: (sample) => [[byModel(sample), sample.rows]],
  },
  {
    kind: 'gauge',
    name: 'cht_sync_model_last_run_timestamp_seconds',
    help: 'When the last run of the model began',
    labelNames: ['model'],
    values: (sample) => [[byModel(sample), seconds(sample.lastRunAt)]],
  },
];

/** Each failed run counts once. */
export const modelFailures = {
  kind: 'counter',
  name: 'cht_sync_model_failures_total',
  help: 'Runs of the model that failed',
  labelNames: ['model'],
} as const satisfies MetricHead;

/** The metrics of each model that PostgreSQL is asked for. */
export const storedModelMetrics: readonly MetricDefinition<StoredModel>[] = [
  {
    kind: 'gauge',
    name: 'cht_sync_model_lag_seconds',
    help: 'For how long the oldest document that the model has not taken yet has waited in the table; 0 when none does',
    labelNames: ['model'],
    values: (sample) => [[byModel(sample), seconds(sample.lagMs)]],
  },
  {
    kind: 'gauge',
    name: 'cht_sync_model_last_success_timestamp_seconds',
    help: 'When the model last ran well',
    labelNames: ['model'],
    values: (sample) => [[byModel(sample), seconds(sample.lastSuccessAt)]],
  },
];

const byTest = ({ name }: TestSample) => ({ test: name });

/** The metrics of each dbt test, where any are run. */
export const testMetrics: readonly MetricDefinition<TestSample>[] = [
  {
    kind: 'gauge',
    name: 'cht_sync_test_up',
    help: 'Whether the dbt test of the package passed when it was last run',
    labelNames: ['test'],
    values: (sample) => [[byTest(sample), sample.failed ? 0 : 1]],
  },
  {
    kind: 'gauge',
    name: 'cht_sync_test_last_run_timestamp_seconds',
    help: 'When the dbt test of the package was last run',
    labelNames: ['test'],
    values: (sample) => [[byTest(sample), seconds(sample.lastRunAt)]],
  },
];
