export type { ChangesEvent, ChangesOptions, FeedMode } from './changes-feed.js';
export type { ChangedDocument, ChangesEnd, ChangesRow } from './changes-row.js';
export { CouchDbClient, type CouchDbOptions } from './client.js';
export { Database, type DatabaseInfo } from './database.js';
export { jsonMembers, withoutMembers } from './json-members.js';
export type { Credentials } from './session.js';
