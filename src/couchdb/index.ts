export { firstIdBehind, type AllDocsOptions } from './all-docs.js';
export type { AllDocsRow } from './all-docs-row.js';
export type { ChangesEvent, ChangesOptions, FeedMode } from './changes-feed.js';
export type { ChangedDocument, ChangesEnd, ChangesRow } from './changes-row.js';
export { CouchDbClient, type CouchDbOptions } from './client.js';
export { Database, type DatabaseInfo, type PurgedInfo } from './database.js';
export { jsonMembers, withoutMembers } from './json-members.js';
export { bareTombstone, type RevisionOfDocument, type WinningRevision } from './revisions.js';
export type { Credentials } from './session.js';
