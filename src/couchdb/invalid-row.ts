import { SyncError } from '../lib/index.js';

/** The error for a row that is not what CouchDB writes. */
export function invalidRow(row: Buffer): SyncError {
  const shown = row.toString('utf8', 0, 80);
  return new SyncError('COUCHDB_ANSWER_INVALID', `CouchDB's answer has a row that is none: ${shown}…`, {
    passing: true,
    remedy: 'If it repeats, look for a proxy between CHT Sync and CouchDB that changes answers.',
  });
}
