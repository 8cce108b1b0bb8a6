export { createCouch2pg, type Couch2pg, type Couch2pgOptions } from './couch2pg.js';
export { sourceName, type CouchDbServer } from './couchdb-server.js';
export type { SourceState } from './source-machine.js';
export type { SourceStatus } from './source-status.js';
export { retryRejected, type RetryOutcome, type RetryTarget } from './retry-rejected.js';
export { compareSource, type CompareOptions, type ComparisonProgress } from './verify/compare-source.js';
export type { ComparedSource } from './verify/compared-source.js';
export type { Difference, DifferenceKind } from './verify/difference.js';
export { Looker } from './verify/look.js';
