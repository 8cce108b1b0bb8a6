import { classified, readReport } from '../../postgres/index.js';
import type { ComparedSource } from './compared-source.js';
import type { Difference } from './difference.js';
import { followerOf, type Follower } from './follower.js';
import type { Looker } from './look.js';
import { Patience } from './patience.js';

/** How long differences are watched before they count. */
export interface Grace {
  /** The pause before the first look, in milliseconds; each further one is twice as long, up to `steadyMs`. */
  readonly pauseMs: number;
  /** For how long a difference must stay just the same while a sync follows the source, in milliseconds. */
  readonly steadyMs: number;
  /** For how long a sync that has not caught up is waited for, in milliseconds; then what differs counts. */
  readonly longestMs: number;
}

/** The usual grace: a change is in the table within a second, and the sync tries what has failed again within a minute. */
export const usualGrace: Grace = { pauseMs: 1000, steadyMs: 5000, longestMs: 600_000 };

const looksAtOnce = 500;
/** A document that CouchDB changes all the time is another difference at each look; one that the sync forgets stays stored. */
const longerForMovingOnes = 6;

/** A difference that is being watched. */
interface Watched {
  readonly difference: Difference;
  /** Since when both sides are as they are. */
  readonly steadySince: number;
  /** Since when the table's side is as it is. */
  readonly storedSince: number;
}

/**
 * Watches differences and gives those that stay. While a sync follows the source, each look may find them mended; what is
 * left counts when it has been the same for the grace time and the sync says that it has written everything. Without a
 * sync one more look is enough.
 *
 * @param candidates - differences that were seen just now; as many as memory may hold.
 * @throws SyncError COUCHDB_*, POSTGRES_*.
 */
export async function* settle(
  options: ComparedSource & { readonly looker: Looker; readonly grace: Grace },
  candidates: readonly Difference[],
): AsyncGenerator<Difference> {
  const { clock, looker, signal, grace } = options;
  const started = clock.now();
  let watched = new Map(
    candidates.map((difference) => [difference.id, { difference, steadySince: started, storedSince: started }]),
  );
  for (let { pauseMs } = grace; watched.size > 0; pauseMs = Math.min(2 * pauseMs, grace.steadyMs)) {
    let follower = await followerNow(options);
    if (follower !== 'away') await clock.sleep(pauseMs, signal);
    signal?.throwIfAborted();
    // Asked before the look: what it had written by then is seen by the look.
    if (follower !== 'away') follower = await followerNow(options);
    const now = clock.now();
    const still = new Map<string, Watched>();
    for (const ids of pieces([...watched.keys()])) {
      for (const difference of await looker.differences(ids)) {
        const next = watchOn(watched.get(difference.id), difference, now);
        if (counts(next, { follower, now, started, grace })) yield difference;
        else still.set(difference.id, next);
      }
    }
    watched = still;
  }
}

function watchOn(before: Watched | undefined, difference: Difference, now: number): Watched {
  const isStored = same(before?.difference.postgres, difference.postgres);
  const isSteady = isStored && same(before?.difference.couchdb, difference.couchdb);
  return {
    difference,
    steadySince: isSteady ? (before?.steadySince ?? now) : now,
    storedSince: isStored ? (before?.storedSince ?? now) : now,
  };
}

function counts(
  { steadySince, storedSince }: Watched,
  { follower, now, started, grace }: { follower: Follower; now: number; started: number; grace: Grace },
): boolean {
  if (follower === 'away') return true;
  if (now - started >= grace.longestMs) return true;
  if (follower === 'behind') return false;
  return now - steadySince >= grace.steadyMs || now - storedSince >= grace.steadyMs * longerForMovingOnes;
}

type Side = Difference['couchdb'] | undefined;

function same(one: Side, other: Side): boolean {
  return one?.rev === other?.rev && one?.deleted === other?.deleted;
}

function followerNow(options: ComparedSource): Promise<Follower> {
  const { pool, names, source } = options;
  return new Patience(options).ask(async () =>
    followerOf(await classified(`comparing ${source}`, readReport(pool, names, source))),
  );
}

function* pieces<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += looksAtOnce) yield list.slice(at, at + looksAtOnce);
}
