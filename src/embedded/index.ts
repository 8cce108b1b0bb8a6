export {
  defaultAwkwardness,
  startEmbeddedCouchDb,
  type Awkwardness,
  type AwkwardnessSwitches,
  type Effect,
  type EmbeddedCouchDb,
  type EmbeddedCouchDbOptions,
  type Fault,
} from './couchdb/index.js';
export { keptSecret } from './kept-secret.js';
export { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './postgres/server.js';
export type { SampleBatch } from './sample/batches.js';
export type { SampleOptions } from './sample/deployment.js';
export { sampleDatabases, type SampleDatabase, type SampleDocument } from './sample/documents.js';
export { exampleEdit, type ExampleEdit } from './sample/example-edit.js';
export { fillSource, type FilledSource, type FillOptions, type FillProgress } from './sample/fill-source.js';
export { kiloByteDocuments, type KiloByteOptions } from './sample/kilobyte-documents.js';
export { sampleData } from './sample/sample-data.js';
export { startEmbeddedSuperset, type EmbeddedSuperset, type EmbeddedSupersetOptions } from './superset/server.js';
