import type { MetricHead } from './metric-definition.js';

/** Which version runs. */
export const buildInfo = {
  kind: 'gauge',
  name: 'cht_sync_build_info',
  help: 'The version that runs',
  labelNames: ['version'],
} as const satisfies MetricHead;

/** Whether what only PostgreSQL knows is in this answer. */
export const postgresUp = {
  kind: 'gauge',
  name: 'cht_sync_postgres_up',
  help: 'Whether PostgreSQL answered what this scrape asked; if not, the metrics that come from there have no lines',
  labelNames: [],
} as const satisfies MetricHead;
