export { Cached, type CachedOptions } from './cached.js';
export { metricGroups, metricsReference, type MetricGroup } from './reference.js';
export { createMetrics, type Metrics } from './metrics.js';
export type {
  DataemonSample,
  LagSample,
  LagState,
  ModelSample,
  RunSample,
  Samplers,
  SourceSample,
  StoredModel,
  StoredSample,
  StoredSource,
  TestSample,
  WatchdogSample,
} from './samples.js';
export { startMonitoring, type MonitoringOptions, type MonitoringServer } from './server.js';
