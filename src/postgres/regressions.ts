/**
 * What may stand in `couchdb_progress.regression` besides what couch2pg itself has found: until it has compared every id and
 * revision of the source with CouchDB.
 */

/** The documents were copied from medic/cht-couch2pg. */
export const copied = 'copied';

/** The table was filled by medic/cht-sync v2, which may have lost some; migration 0002 sets it. */
export const takenOver = 'taken-over';
