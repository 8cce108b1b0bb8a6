import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { DataemonCounts } from './dataemon-counts.js';
import {
  dataemonErrors,
  dataemonMetrics,
  dataemonRows,
  dataemonRunDuration,
  dataemonRuns,
} from './dataemon-metrics.js';
import type { MetricDefinition, MetricHead } from './metric-definition.js';
import { modelFailures, modelMetrics, storedModelMetrics, testMetrics } from './model-metrics.js';
import { buildInfo, postgresUp } from './process-metrics.js';
import type { DatabaseSample, Samplers } from './samples.js';
import { batchDuration, sourceMetrics, storedSourceMetrics } from './source-metrics.js';
import { watchdogModelMetrics, watchdogSourceMetrics } from './watchdog-metrics.js';

/** Metrics, ready to be served. */
export interface RenderedMetrics {
  readonly contentType: string;
  /** All metrics in Prometheus' text format. */
  render(): Promise<string>;
}

/** The metrics of a process. */
export interface Metrics extends RenderedMetrics {
  /** To be called when a dataemon's status has changed, so that nothing between two scrapes is missed. */
  dataemonChanged(): void;
  /** To be called when a batch of documents has been written. */
  batchWritten(source: string, durationMs: number): void;
}

/** A batch is full of small documents or has few large ones; an increment takes tens of milliseconds, a rebuild hours. */
const batchBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const runBuckets = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200];

/** Gauges whose names say that they were counters; they tell nothing that is needed here. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/**
 * Makes the metrics. Those of couch2pg and dbt have the names and labels that CHT Watchdog reads; the others follow
 * Prometheus' conventions.
 */
export function createMetrics(version: string, { sources, dataemon, stored }: Samplers): Metrics {
  const registry = registryOf(version, stored);
  const batches = sources === undefined ? undefined : addSources(registry, sources, stored);
  const counts = dataemon === undefined ? undefined : addDataemon(registry, dataemon, stored);
  const dataemonChanged = () => {
    if (dataemon !== undefined) counts?.look(dataemon());
  };
  return {
    contentType: registry.contentType,
    dataemonChanged,
    batchWritten: (source, durationMs) => batches?.observe({ source }, durationMs / 1000),
    render: () => {
      dataemonChanged();
      return registry.metrics();
    },
  };
}

/**
 * Makes the metrics of a process that only looks: of all sources and models, what PostgreSQL tells.
 *
 * @param ask - is asked at each scrape; undefined when PostgreSQL does not answer in time. Never rejects.
 */
export function createDatabaseMetrics(
  version: string,
  ask: () => Promise<DatabaseSample | undefined>,
): RenderedMetrics {
  const registry = registryOf(version, ask);
  addAll(registry, watchdogSourceMetrics, async () => (await ask())?.followed ?? []);
  addAll(registry, storedSourceMetrics, async () => (await ask())?.sources ?? []);
  addAll(registry, watchdogModelMetrics, async () => {
    const watchdog = (await ask())?.watchdog ?? undefined;
    return watchdog === undefined ? [] : [watchdog];
  });
  addAll(registry, storedModelMetrics, async () => (await ask())?.models ?? []);
  return { contentType: registry.contentType, render: () => registry.metrics() };
}

/** A registry with what each process shows. */
function registryOf(version: string, stored: () => Promise<unknown>): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of misnamed) registry.removeSingleMetric(name);
  new Gauge(headOf(buildInfo, registry)).set({ version }, 1);
  addAll(registry, [{ ...postgresUp, values: (isUp: boolean) => [[{}, isUp ? 1 : 0]] }], async () => [
    (await stored()) !== undefined,
  ]);
  return registry;
}

function addSources(
  registry: Registry,
  sources: NonNullable<Samplers['sources']>,
  stored: Samplers['stored'],
): Histogram<'source'> {
  addAll(registry, watchdogSourceMetrics, sources);
  addAll(registry, sourceMetrics, sources);
  addAll(registry, storedSourceMetrics, async () => (await stored())?.sources ?? []);
  return new Histogram({ ...headOf(batchDuration, registry), buckets: batchBuckets });
}

function addDataemon(
  registry: Registry,
  dataemon: NonNullable<Samplers['dataemon']>,
  stored: Samplers['stored'],
): DataemonCounts {
  addAll(registry, watchdogModelMetrics, async () => {
    const watchdog = (await stored())?.watchdog ?? undefined;
    if (watchdog === undefined) return [];
    const ran = dataemon().models.flatMap(({ name, durationMs: ms }) => (ms === null ? [] : [[name, ms] as const]));
    return [{ ...watchdog, durations: new Map([...watchdog.durations, ...ran]) }];
  });
  addAll(registry, dataemonMetrics, () => [dataemon()]);
  addAll(registry, modelMetrics, () => dataemon().models);
  addAll(registry, storedModelMetrics, async () => (await stored())?.models ?? []);
  addAll(registry, testMetrics, () => dataemon().tests);
  return new DataemonCounts({
    failures: new Counter(headOf(modelFailures, registry)),
    errors: new Counter(headOf(dataemonErrors, registry)),
    runs: new Counter(headOf(dataemonRuns, registry)),
    rows: new Counter(headOf(dataemonRows, registry)),
    durations: new Histogram({ ...headOf(dataemonRunDuration, registry), buckets: runBuckets }),
  });
}

type Sampler<S> = () => readonly S[] | Promise<readonly S[]>;

function addAll<S>(registry: Registry, definitions: readonly MetricDefinition<S>[], sample: Sampler<S>): void {
  for (const definition of definitions) addMetric(registry, definition, sample);
}

function headOf<Label extends string>(
  { name, help, labelNames }: MetricHead & { readonly labelNames: readonly Label[] },
  registry: Registry,
): { name: string; help: string; labelNames: readonly Label[]; registers: Registry[] } {
  return { name, help, labelNames, registers: [registry] };
}

/** Values are set at each scrape; those of a counter too, because whoever is sampled does the counting. */
function addMetric<S>(registry: Registry, definition: MetricDefinition<S>, sample: Sampler<S>): void {
  const { kind, values } = definition;
  const fill = async (metric: Counter | Gauge) => {
    const lines = (await sample()).flatMap(values);
    metric.reset();
    // One without labels begins with a line that says 0.
    if (definition.labelNames.length === 0) metric.remove();
    for (const [labels, value] of lines) {
      if (value === null) continue;
      if (metric instanceof Gauge) metric.set(labels, value);
      else metric.inc(labels, value);
    }
  };
  const Kind = kind === 'counter' ? Counter : Gauge;
  const metric: Counter | Gauge = new Kind({
    ...headOf(definition, registry),
    collect: (): Promise<void> => fill(metric),
  });
}
