import { seconds, type MetricDefinition } from './metric-definition.js';
import type { WatchdogSample, WatchdogSource } from './samples.js';

/** `target` is what CHT Watchdog's dashboards filter by: the host, as `cht_instance`. */
const sourceLabels = ['db', 'cht_instance', 'target'] as const;

function labelsOf(source: string): Record<string, string> {
  const slash = source.indexOf('/');
  const host = source.slice(0, slash);
  return { db: source.slice(slash + 1), cht_instance: host, target: host };
}

/** Of a source that another process writes there is no line here: that process has it. */
const line = (value: (sample: WatchdogSource) => number | null) => (sample: WatchdogSource) =>
  sample.isStandby ? [] : [[labelsOf(sample.source), value(sample)] as const];

/** The number that a CouchDB sequence begins with, as CHT Watchdog reads it; null when it has none. */
export function sequenceNumber(sequence: string | null): number | null {
  const digits = /^(\d+)-/.exec(sequence ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}

/** What CHT Watchdog reads of each source. */
export const watchdogSourceMetrics: readonly MetricDefinition<WatchdogSource>[] = [
  {
    kind: 'gauge',
    name: 'couch2pg_up',
    help: 'Whether the database is being followed',
    labelNames: sourceLabels,
    values: line(({ up }) => (up ? 1 : 0)),
  },
  {
    kind: 'gauge',
    name: 'couch2pg_progress_pending',
    help: 'Changes that are still to come; no line when unknown',
    labelNames: sourceLabels,
    values: line(({ pending }) => pending),
  },
  {
    kind: 'counter',
    name: 'couch2pg_progress_sequence',
    help: 'The number that the sequence of the checkpoint begins with',
    labelNames: sourceLabels,
    values: line(({ sequence }) => sequenceNumber(sequence)),
  },
];

/** Left out where sources of several hosts come together: the models are of all of them. */
const targetOf = ({ target }: WatchdogSample): Record<string, string> => (target === null ? {} : { target });

/** What CHT Watchdog reads of the models. */
export const watchdogModelMetrics: readonly MetricDefinition<WatchdogSample>[] = [
  {
    kind: 'gauge',
    name: 'dbt_latency',
    help: 'How many seconds the newest row of document_metadata is older than that of the table of documents; cht_sync_model_lag_seconds is not misled by deletes',
    labelNames: ['target'],
    values: (sample) => [[targetOf(sample), seconds(sample.latencyMs)]],
  },
  {
    kind: 'gauge',
    name: 'dbt_execution_time',
    help: 'How many seconds the last run of the model took',
    labelNames: ['table_name', 'target'],
    values: (sample) =>
      [...sample.durations].map(([model, ms]) => [{ table_name: model, ...targetOf(sample) }, seconds(ms)]),
  },
];
