import { oneOf, seconds, type MetricDefinition, type MetricHead } from './metric-definition.js';
import { lagStates, type SourceSample, type StoredSource } from './samples.js';

const bySource = ({ source }: { readonly source: string }) => ({ source });
const counts = ({ source }: SourceSample, label: string, numbers: Readonly<Record<string, number>>) =>
  Object.entries(numbers).map(([key, count]) => [{ source, [label]: key }, count] as const);

/** The metrics of each source. */
export const sourceMetrics: readonly MetricDefinition<SourceSample>[] = [
  {
    kind: 'gauge',
    name: 'cht_sync_source_state',
    help: 'The state of the source: 1 for the one it is in, 0 for the others',
    labelNames: ['source', 'state'],
    values: ({ source, state, states }) => oneOf(states, state, { source }),
  },
  {
    kind: 'gauge',
    name: 'cht_sync_source_error',
    help: 'The code of the error that holds the source up: 1; no line while there is none',
    labelNames: ['source', 'code'],
    values: ({ source, error }) => (error === null ? [] : [[{ source, code: error }, 1]]),
  },
  {
    kind: 'gauge',
    name: 'cht_sync_source_lag_seconds',
    help: 'How long a change can have waited at most: 0 when idle, and while the source is not live the time since everything was in the table; no line before that was so once',
    labelNames: ['source'],
    values: (sample) => (sample.isStandby ? [] : [[bySource(sample), seconds(sample.lag.ms)]]),
  },
  {
    kind: 'gauge',
    name: 'cht_sync_source_lag_state',
    help: 'Whether changes are known to wait (behind), none does (idle), or nobody knows because the source is not followed now (unknown): 1 for what holds',
    labelNames: ['source', 'state'],
    values: ({ source, isStandby, lag }) => (isStandby ? [] : oneOf(lagStates, lag.state, { source })),
  },
  {
    kind: 'counter',
    name: 'cht_sync_documents_written_total',
    help: 'Changes whose documents this process has written',
    labelNames: ['source'],
    values: (sample) => [[bySource(sample), sample.written]],
  },
  {
    kind: 'counter',
    name: 'cht_sync_changes_unchanged_total',
    help: 'Changes that brought a revision which was in the table already',
    labelNames: ['source'],
    values: (sample) => [[bySource(sample), sample.unchanged]],
  },
  {
    kind: 'counter',
    name: 'cht_sync_documents_written_bytes_total',
    help: 'The size of the documents in the changes written',
    labelNames: ['source'],
    values: (sample) => [[bySource(sample), sample.bytes]],
  },
  {
    kind: 'counter',
    name: 'cht_sync_documents_rejected_total',
    help: 'Documents that PostgreSQL refused and that were parked',
    labelNames: ['source'],
    values: (sample) => [[bySource(sample), sample.rejected]],
  },
  {
    kind: 'counter',
    name: 'cht_sync_characters_replaced_total',
    help: 'Characters of documents that PostgreSQL cannot hold and that were replaced',
    labelNames: ['source'],
    values: (sample) => [[bySource(sample), sample.replacedCharacters]],
  },
  {
    kind: 'counter',
    name: 'cht_sync_regressions_total',
    help: 'How often the database was found not to be what it was: recreated, restored, renumbered, purged, rewound',
    labelNames: ['source', 'kind'],
    values: (sample) => counts(sample, 'kind', sample.regressions),
  },
  {
    kind: 'counter',
    name: 'cht_sync_source_errors_total',
    help: 'Tries of the source that failed, by the code of the error',
    labelNames: ['source', 'code'],
    values: (sample) => counts(sample, 'code', sample.errors),
  },
];

/** Each batch of documents, from when it was full until it was committed. */
export const batchDuration = {
  kind: 'histogram',
  name: 'cht_sync_batch_duration_seconds',
  help: 'Batches of documents, by how long they took from being full to being committed',
  labelNames: ['source'],
} as const satisfies MetricHead;

/** The metrics of each source that PostgreSQL is asked for. */
export const storedSourceMetrics: readonly MetricDefinition<StoredSource>[] = [
  {
    kind: 'gauge',
    name: 'cht_sync_documents_parked',
    help: 'Documents that are parked now because PostgreSQL refuses them',
    labelNames: ['source'],
    values: (sample) => [[bySource(sample), sample.parked]],
  },
  {
    kind: 'gauge',
    name: 'cht_sync_verify_ended_timestamp_seconds',
    help: 'When the last cht-sync verify of the source ended',
    labelNames: ['source'],
    values: (sample) => [[bySource(sample), seconds(sample.verification?.endedAt ?? null)]],
  },
  {
    kind: 'gauge',
    name: 'cht_sync_verify_documents',
    help: 'Documents that the last cht-sync verify compared',
    labelNames: ['source'],
    values: (sample) => [[bySource(sample), sample.verification?.compared ?? null]],
  },
  {
    kind: 'gauge',
    name: 'cht_sync_verify_differences',
    help: 'Differences that the last cht-sync verify found, mended or not: missing, stale, extra, parked, purged',
    labelNames: ['source', 'kind'],
    values: ({ source, verification }) =>
      Object.entries(verification?.differences ?? {}).map(([kind, count]) => [{ source, kind }, count]),
  },
  {
    kind: 'gauge',
    name: 'cht_sync_verify_remaining',
    help: 'Differences that the last cht-sync verify left, those of parked documents with them',
    labelNames: ['source'],
    values: (sample) => [[bySource(sample), sample.verification?.remaining ?? null]],
  },
];
