export { Cached, type CachedOptions } from './cached.js';
export { metricGroups, metricsReference, type MetricGroup } from './reference.js';
export { createDatabaseMetrics, createMetrics, type Metrics } from './metrics.js';
export type {
  DatabaseSample,
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
  WatchdogSource,
} from './samples.js';
export { startMonitoring, type MonitoringOptions, type MonitoringServer } from './server.js';
