export {
  defaultAwkwardness,
  type Awkwardness,
  type AwkwardnessSwitches,
  type Effect,
  type Fault,
} from './awkwardness.js';
export { startEmbeddedCouchDb, type EmbeddedCouchDb, type EmbeddedCouchDbOptions } from './server.js';
