import { oneOf, type MetricDefinition, type MetricHead } from './metric-definition.js';
import type { DataemonSample } from './samples.js';

/** Several dataemons may work on one database, each with a selector of its own; without one there is no label. */
const bySelector = ({ selector }: DataemonSample): Record<string, string> => (selector === null ? {} : { selector });

/** The metrics of the dataemon itself. */
export const dataemonMetrics: readonly MetricDefinition<DataemonSample>[] = [
  {
    kind: 'gauge',
    name: 'cht_sync_dataemon_up',
    help: 'Whether the models are kept up to date, by this process or another; models that fail by themselves do not count',
    labelNames: ['selector'],
    values: (sample) => [[bySelector(sample), sample.up ? 1 : 0]],
  },
  {
    kind: 'gauge',
    name: 'cht_sync_dataemon_state',
    help: 'The state of the dataemon: 1 for the one it is in, 0 for the others',
    labelNames: ['selector', 'state'],
    values: (sample) => oneOf(sample.states, sample.state, bySelector(sample)),
  },
  {
    kind: 'gauge',
    name: 'cht_sync_dataemon_error',
    help: 'The code of what is wrong with the models: 1; no line while nothing is',
    labelNames: ['selector', 'code'],
    values: (sample) => (sample.error === null ? [] : [[{ ...bySelector(sample), code: sample.error }, 1]]),
  },
];

/** Each time that something else is wrong than before counts once. */
export const dataemonErrors = {
  kind: 'counter',
  name: 'cht_sync_dataemon_errors_total',
  help: 'How often something began to be wrong with the models, by the code of the error',
  labelNames: ['code'],
} as const satisfies MetricHead;

/** Each run, by how it ended. */
export const dataemonRuns = {
  kind: 'counter',
  name: 'cht_sync_dataemon_runs_total',
  help: 'Runs of the models that have ended; failed: with a model that failed',
  labelNames: ['kind', 'outcome'],
} as const satisfies MetricHead;

/** Each run, by how long it took. */
export const dataemonRunDuration = {
  kind: 'histogram',
  name: 'cht_sync_dataemon_run_duration_seconds',
  help: 'Runs of the models, by how long they took',
  labelNames: ['kind'],
} as const satisfies MetricHead;

/** The rows of each run. */
export const dataemonRows = {
  kind: 'counter',
  name: 'cht_sync_dataemon_rows_written_total',
  help: 'Rows of models that runs have written or removed',
  labelNames: [],
} as const satisfies MetricHead;
