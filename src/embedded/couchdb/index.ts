export { defaultAwkwardness, type Awkwardness, type Effect, type Fault } from './awkwardness.js';
export type { AwkwardnessSwitches } from './awkwardness-switches.js';
export { startEmbeddedCouchDb, type EmbeddedCouchDb, type EmbeddedCouchDbOptions } from './server.js';
