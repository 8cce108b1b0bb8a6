import { copied, takenOver } from '../postgres/index.js';
import type { RegressionKind } from './regression.js';
import { compareSource } from './verify/compare-source.js';
import type { Difference, DifferenceKind } from './verify/difference.js';
import { forgetLostRevisions } from './verify/forget-lost.js';
import { Looker } from './verify/look.js';
import { repairDifferences, type RepairOptions } from './verify/repair.js';

/** What to bring in line with CouchDB. */
export interface MendOptions extends RepairOptions {
  /** The documents to look at; undefined for all there are. */
  readonly ids: readonly string[] | undefined;
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void;
}

/** What mending has brought. */
export interface Mended {
  /** The sequence from which the feed brings what came since; undefined when the checkpoint is still good. */
  readonly sequence: string | undefined;
  readonly counts: Readonly<Record<DifferenceKind | 'written', number>>;
}

const differencesAtOnce = 500;

/**
 * Compares the table with CouchDB and mends what differs: documents that are missing or stale are read again, rows of
 * documents that CouchDB no longer has become tombstones. Nobody else writes the source meanwhile.
 *
 * @throws SyncError COUCHDB_*, POSTGRES_*.
 */
export async function mend(options: MendOptions): Promise<Mended> {
  const { database, ids, onProgress, signal } = options;
  // Taken before the comparison: what changes during it is behind it.
  const sequence = ids === undefined ? await database.currentSequence(signal) : undefined;
  const differences =
    ids === undefined
      ? compareSource({ ...options, onProgress: ({ read, total }) => onProgress({ done: read, total }) })
      : lookAt(options, ids);
  const counts = { missing: 0, stale: 0, extra: 0, parked: 0, purged: 0, written: 0 };
  let open: Difference[] = [];
  const mendOpen = async () => {
    counts.written += (await repairDifferences(options, open)).rows;
    open = [];
  };
  for await (const difference of differences) {
    counts[difference.kind] += 1;
    open.push(difference);
    if (open.length === differencesAtOnce) await mendOpen();
  }
  await mendOpen();
  await forgetLostRevisions(options);
  return { sequence, counts };
}

async function* lookAt(options: RepairOptions, ids: readonly string[]): AsyncGenerator<Difference> {
  const looker = new Looker(options);
  for (let at = 0; at < ids.length; at += differencesAtOnce) {
    yield* await looker.differences(ids.slice(at, at + differencesAtOnce));
  }
}

/** Stored while what a resync has read is compared: rows of what CouchDB no longer has are left then. */
export const resync = 'resync';

const descriptions: Readonly<Record<RegressionKind | typeof resync | typeof copied | typeof takenOver, string>> = {
  recreated: 'the database was deleted and made anew',
  restored: 'the database was restored from an older copy',
  renumbered: "the database's sequences count from another start, as after moving shards",
  purged: 'documents were purged from the database',
  [resync]: 'everything was read again',
  [copied]: 'documents were copied from medic/cht-couch2pg',
  [takenOver]: 'the table was filled by medic/cht-sync v2, which may have lost documents',
};

/** What has happened to a database, for the log. */
export function describeRegression(kind: string): string {
  const what = (descriptions as Readonly<Record<string, string>>)[kind] ?? kind;
  return `${what}: comparing ids and revisions, and mending what differs`;
}
