export { createCouch2pg, type Couch2pg, type Couch2pgOptions } from './couch2pg.js';
export { sourceName, type CouchDbServer } from './couchdb-server.js';
export type { SourceState } from './source-machine.js';
export type { SourceStatus } from './source-status.js';
export { retryRejected, type RetryOutcome, type RetryTarget } from './retry-rejected.js';
