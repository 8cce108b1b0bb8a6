import type { WinningRevision } from '../../couchdb/index.js';
import type { StoredRevision } from '../../postgres/index.js';

/**
 * How a document differs between CouchDB and the table.
 *
 * - `missing`: CouchDB has it, also as a tombstone; the table does not
 * - `stale`: both have it, with other revisions, or deleted on one side only
 * - `parked`: as the two above, but just this revision is in `couchdb_rejected`, because PostgreSQL refused it
 * - `purged`: the table holds it as not deleted; CouchDB does not know it, and names it among its latest purges
 * - `extra`: the table holds it as not deleted; CouchDB does not know it, and does not say that it was purged: it was
 *   restored from an older backup or made anew, it was purged too long ago to be remembered, or someone else wrote the row
 *
 * A tombstone in the table of a document that CouchDB does not know is no difference: it is what is left of one that was
 * purged.
 */
export type DifferenceKind = 'missing' | 'stale' | 'extra' | 'parked' | 'purged';

/** A document that is not the same on both sides. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** CouchDB's id. */
  readonly id: string;
  /** Null when CouchDB does not know the document. */
  readonly couchdb: WinningRevision | null;
  /** Null when the table does not hold it. */
  readonly postgres: StoredRevision | null;
}

/** What is known of a document on both sides. */
export interface Sides {
  readonly couchdb: WinningRevision | undefined;
  readonly postgres: StoredRevision | undefined;
}

/** Whether both sides say the same of a document. */
export function isSame({ couchdb, postgres }: Sides): boolean {
  if (couchdb === undefined) return postgres?.deleted !== false;
  return postgres?.rev === couchdb.rev && postgres.deleted === couchdb.deleted;
}

/**
 * Names the difference of a document whose sides are not the same.
 *
 * @param parkedRev - the revision that is parked, if one is.
 */
export function differenceOf(
  id: string,
  { couchdb, postgres }: Sides,
  { parkedRev, isPurged }: { readonly parkedRev: string | undefined; readonly isPurged: boolean },
): Difference {
  const sides = { id, couchdb: couchdb ?? null, postgres: postgres ?? null };
  if (couchdb === undefined) return { kind: isPurged ? 'purged' : 'extra', ...sides };
  if (parkedRev === couchdb.rev) return { kind: 'parked', ...sides };
  return { kind: postgres === undefined ? 'missing' : 'stale', ...sides };
}
