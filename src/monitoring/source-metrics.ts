import type { MetricDefinition } from './metric-definition.js';
import type { SourceSample } from './samples.js';

/** `target` is what CHT Watchdog's dashboards filter by: the host, as `cht_instance`. */
const watchdogLabels = ['db', 'cht_instance', 'target'] as const;

function forWatchdog({ source }: SourceSample): Record<string, string> {
  const slash = source.indexOf('/');
  const host = source.slice(0, slash);
  return { db: source.slice(slash + 1), cht_instance: host, target: host };
}

const bySource = ({ source }: SourceSample) => ({ source });

/** The number that a CouchDB sequence begins with, as CHT Watchdog reads it; null when it has none. */
export function sequenceNumber(sequence: string | null): number | null {
  const digits = /^(\d+)-/.exec(sequence ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}

/** The metrics of each source. */
export const sourceMetrics: readonly MetricDefinition<SourceSample>[] = [
  {
    kind: 'gauge',
    name: 'couch2pg_up',
    help: 'Whether the database is being followed',
    labelNames: watchdogLabels,
    values: (sample) => [[forWatchdog(sample), sample.up ? 1 : 0]],
  },
  {
    kind: 'gauge',
    name: 'couch2pg_progress_pending',
    help: 'Changes that are still to come; no line when unknown',
    labelNames: watchdogLabels,
    values: (sample) => [[forWatchdog(sample), sample.pending]],
  },
  {
    kind: 'counter',
    name: 'couch2pg_progress_sequence',
    help: 'The number that the sequence of the checkpoint begins with',
    labelNames: watchdogLabels,
    values: (sample) => [[forWatchdog(sample), sequenceNumber(sample.sequence)]],
  },
  {
    kind: 'gauge',
    name: 'cht_sync_source_state',
    help: 'The state of the source: 1 for the one it is in, 0 for the others',
    labelNames: ['source', 'state'],
    values: (sample) =>
      sample.states.map((state) => [{ source: sample.source, state }, sample.state === state ? 1 : 0]),
  },
  {
    kind: 'gauge',
    name: 'cht_sync_source_lag_seconds',
    help: 'For how long the oldest change that was read has waited to be written; no line when unknown',
    labelNames: ['source'],
    values: (sample) => [[bySource(sample), sample.lagMs === null ? null : sample.lagMs / 1000]],
  },
  {
    kind: 'counter',
    name: 'cht_sync_documents_written_total',
    help: 'Changes written by this process',
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
    name: 'cht_sync_regressions_total',
    help: 'How often the database was found not to be what it was: recreated, restored, renumbered, purged, rewound',
    labelNames: ['source', 'kind'],
    values: (sample) =>
      Object.entries(sample.regressions).map(([kind, count]) => [{ source: sample.source, kind }, count]),
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
];
