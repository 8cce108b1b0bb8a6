import type { DatabaseInfo } from '../couchdb/index.js';
import type { DatabaseMark } from '../postgres/index.js';

/**
 * How a database can turn out not to be what it was.
 *
 * - `recreated`: it was deleted and made anew
 * - `restored`: an older copy stands in its place; what was written since the copy is lost to it
 * - `renumbered`: its sequences count from another start (shards moved or rebuilt), and it lacks nothing we know of
 * - `purged`: documents were taken out without a trace in the feed
 */
export type RegressionKind = 'recreated' | 'restored' | 'renumbered' | 'purged';

/** What a look at the database brought. */
export type Finding =
  | { readonly kind: 'same' }
  /** Documents were purged; `count` of them since the last look, null when that is unknown. */
  | { readonly kind: 'purged'; readonly count: number | null }
  /** The sequence cannot be trusted: everything has to be compared. */
  | { readonly kind: Exclude<RegressionKind, 'purged'> };

/** What CouchDB says now, in the form that is stored. */
export function markOf(info: DatabaseInfo): DatabaseMark {
  return {
    instanceStartTime: info.instanceStartTime ?? null,
    updateSequence: info.updateSequence,
    purgeSequence: info.purgeSequence ?? null,
    documents: info.documents,
    tombstones: info.tombstones,
  };
}

/**
 * Compares what a database was with what it is. CouchDB takes a sequence of before a restore without a word and skips
 * what was written after it (facts: the shard's uuid is the same, and the number is not checked), so anything that
 * counts down is suspected. A false alarm costs one comparison of ids and revisions.
 *
 * Where a cluster keeps several copies, what is counted is no evidence: each copy of a shard numbers its changes and purges by
 * itself, one may lag behind, and another answers at each look. What was written last must be known there all the same.
 *
 * @param known - what was stored at the last look.
 * @param now - what CouchDB says now.
 * @param unknownRevisions - how many of the revisions written last CouchDB has never seen, those it has purged left out.
 * @param copies - how many copies of each document the cluster keeps.
 */
export function assess(known: DatabaseMark, now: DatabaseMark, unknownRevisions: number, copies = 1): Finding {
  if (known.instanceStartTime !== null && known.instanceStartTime !== now.instanceStartTime) {
    return { kind: 'recreated' };
  }
  const purged = purgedBetween(known.purgeSequence, now.purgeSequence);
  const isCounted = copies === 1;
  if ((purged === 'back' && isCounted) || unknownRevisions > 0) return { kind: 'restored' };
  // A purge lets the counts fall, so they say nothing after one.
  if (typeof purged === 'object') return { kind: 'purged', count: purged.count };
  if (!isCounted) return { kind: 'same' };
  if (isLess(total(now), total(known))) return { kind: 'restored' };
  if (isLess(sequenceNumber(now.updateSequence), sequenceNumber(known.updateSequence))) return { kind: 'renumbered' };
  return { kind: 'same' };
}

/**
 * What to store of a database after a look at it: where another copy has counted fewer purges, the greater count stays, or the
 * next copy would seem to have purged again.
 */
export function markAfter(known: DatabaseMark, now: DatabaseMark, copies: number): DatabaseMark {
  const isBack = copies > 1 && purgedBetween(known.purgeSequence, now.purgeSequence) === 'back';
  return isBack ? { ...now, purgeSequence: known.purgeSequence } : now;
}

type Purged = 'none' | 'back' | { readonly count: number | null };

function purgedBetween(known: string | null, now: string | null): Purged {
  const [before, after] = [sequenceNumber(known), sequenceNumber(now)];
  if (after === null) return 'none';
  // Never looked at (cht-sync v2): any purge may have been missed.
  if (known === null) return after === 0 ? 'none' : { count: null };
  if (before === null) return { count: null };
  if (after < before) return 'back';
  return after === before ? 'none' : { count: after - before };
}

/**
 * The number that a sequence begins with: the sum of its shards' counters. It is good for suspicion only; all else of a
 * sequence is opaque.
 */
export function sequenceNumber(sequence: string | null): number | null {
  const digits = /^(\d+)(?:-|$)/.exec(sequence ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}

function total({ documents, tombstones }: DatabaseMark): number | null {
  return documents === null || tombstones === null ? null : documents + tombstones;
}

function isLess(now: number | null, known: number | null): boolean {
  return now !== null && known !== null && now < known;
}
