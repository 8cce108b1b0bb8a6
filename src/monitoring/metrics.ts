import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { MetricDefinition } from './metric-definition.js';
import { modelMetrics, testMetrics } from './model-metrics.js';
import type { Samplers } from './samples.js';
import { sourceMetrics } from './source-metrics.js';

/** The metrics of a process. */
export interface Metrics {
  readonly contentType: string;
  /** All metrics in Prometheus' text format. */
  render(): Promise<string>;
  /** To be called when models may have run, so that no failure between two scrapes is missed. */
  modelsChanged(): void;
}

/**
 * Makes the metrics. Those of couch2pg have the names and labels that CHT Watchdog reads; the others follow Prometheus'
 * conventions.
 */
export function createMetrics(version: string, samplers: Omit<Samplers, 'readiness'>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const build = { name: 'cht_sync_build_info', help: 'The version that runs', labelNames: ['version'] as const };
  new Gauge({ ...build, registers: [registry] }).set({ version }, 1);
  for (const definition of sourceMetrics) addMetric(registry, definition, samplers.sources);
  for (const definition of modelMetrics) addMetric(registry, definition, samplers.models);
  for (const definition of testMetrics) addMetric(registry, definition, samplers.tests);

  const failures = new Counter({
    name: 'cht_sync_model_failures_total',
    help: 'Runs of the model that failed',
    labelNames: ['model'] as const,
    registers: [registry],
  });
  const counted = new Map<string, number | null>();
  const modelsChanged = () => {
    for (const { name, failed, lastRunAt } of samplers.models()) {
      failures.inc({ model: name }, failed && counted.get(name) !== lastRunAt ? 1 : 0);
      counted.set(name, lastRunAt);
    }
  };
  return {
    contentType: registry.contentType,
    modelsChanged,
    render: () => {
      modelsChanged();
      return registry.metrics();
    },
  };
}

/** Values are set at each scrape; those of a counter too, because whoever is sampled does the counting. */
function addMetric<S>(registry: Registry, definition: MetricDefinition<S>, sample: () => readonly S[]): void {
  const { kind, name, help, labelNames, values } = definition;
  const fill = (metric: Counter | Gauge) => {
    metric.reset();
    for (const [labels, value] of sample().flatMap(values)) {
      if (value !== null) metric.inc(labels, value);
    }
  };
  const Kind = kind === 'counter' ? Counter : Gauge;
  const metric: Counter | Gauge = new Kind({
    name,
    help,
    labelNames,
    registers: [registry],
    collect: (): void => fill(metric),
  });
}
