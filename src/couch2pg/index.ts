export { createCouch2pg, type Couch2pg, type Couch2pgOptions } from './couch2pg.js';
export type { SourceState, SourceStatus } from './source-status.js';
