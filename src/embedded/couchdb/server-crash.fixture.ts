import { createLog, systemClock } from '../../lib/index.js';
import { admin } from './couchdb.fixture.js';
import { startEmbeddedCouchDb } from './server.js';

/** A process of its own that serves the folder of its first argument until it is killed, and tells its address. */
const folder = process.argv[2] ?? '';
const log = createLog({ level: 'silent', format: 'json', secrets: [] });
const { url } = await startEmbeddedCouchDb({ folder, port: 0, admin, log, clock: systemClock });
process.send?.(url);
