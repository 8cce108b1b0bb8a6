import {
  dataemonErrors,
  dataemonMetrics,
  dataemonRows,
  dataemonRunDuration,
  dataemonRuns,
} from './dataemon-metrics.js';
import type { MetricHead } from './metric-definition.js';
import { modelFailures, modelMetrics, storedModelMetrics, testMetrics } from './model-metrics.js';
import { buildInfo, postgresUp } from './process-metrics.js';
import { batchDuration, sourceMetrics, storedSourceMetrics } from './source-metrics.js';
import { watchdogModelMetrics, watchdogSourceMetrics } from './watchdog-metrics.js';

/** Metrics that are shown together, by the same process, from the same place. */
export interface MetricGroup {
  readonly title: string;
  readonly text: string;
  readonly metrics: readonly MetricHead[];
}

/** All metrics of our own. */
export const metricGroups: readonly MetricGroup[] = [
  {
    title: 'What CHT Watchdog reads',
    text: 'Under the names and labels of its `sql_exporter`. `couch2pg_*` are shown by couch2pg, `dbt_*` by the dataemon, which asks PostgreSQL. `target` and `cht_instance` are the host of CouchDB without a port; `target` is left out of `dbt_*` where sources of several hosts are in one database.',
    metrics: [...watchdogSourceMetrics, ...watchdogModelMetrics],
  },
  {
    title: 'Sources',
    text: 'Shown by couch2pg. Counters count since the process began. Of a source that another process writes, only its state (`standby`) and counters are shown.',
    metrics: [...sourceMetrics, batchDuration],
  },
  {
    title: 'Sources, from PostgreSQL',
    text: 'Shown by couch2pg, which asks PostgreSQL when it is scraped.',
    metrics: storedSourceMetrics,
  },
  {
    title: 'The dataemon',
    text: 'Shown by the dataemon.',
    metrics: [...dataemonMetrics, dataemonRuns, dataemonRunDuration, dataemonRows, dataemonErrors],
  },
  {
    title: 'Models',
    text: 'Shown by the dataemon that keeps them, not by a standby.',
    metrics: [...modelMetrics, modelFailures],
  },
  {
    title: 'Models, from PostgreSQL',
    text: 'Shown by the dataemon that keeps them, which asks PostgreSQL when it is scraped.',
    metrics: storedModelMetrics,
  },
  { title: 'dbt tests', text: 'Shown by the dataemon where `DBT_TEST_INTERVAL` is set.', metrics: testMetrics },
  {
    title: 'Each process',
    text: 'With these come the usual `process_*` and `nodejs_*` of the library `prom-client`, such as `process_start_time_seconds` and `process_resident_memory_bytes`.',
    metrics: [buildInfo, postgresUp],
  },
];

/** docs/metrics.md, before it is formatted. */
export function metricsReference(): string {
  return [
    '<!-- Made by `npm run docs` from src/monitoring. -->',
    '# Metrics',
    'What `/metrics` shows, on `METRICS_HOST`:`METRICS_PORT` of each process. `cht-sync metrics` is a process that only looks: for all sources and models, it shows what CHT Watchdog reads and what is told below to come from PostgreSQL. Let one Prometheus read that process or the others, not both. What PostgreSQL is asked for is asked at a scrape only, once in five seconds at most, and given up after five seconds: the scrape then has all else, and `cht_sync_postgres_up` is 0.',
    ...metricGroups.flatMap(({ title, text, metrics }) => [`## ${title}`, text, table(metrics)]),
  ].join('\n\n');
}

function table(metrics: readonly MetricHead[]): string {
  const rows = metrics.map(
    ({ name, kind, labelNames, help }) =>
      `| \`${name}\` | ${kind} | ${labelNames.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  );
  return ['| Metric | Type | Labels | What it is |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
