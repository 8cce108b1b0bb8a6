export { createMetrics, type Metrics } from './metrics.js';
export type { ModelSample, Readiness, Samplers, SourceSample, TestSample } from './samples.js';
export { startMonitoring, type MonitoringOptions, type MonitoringServer } from './server.js';
