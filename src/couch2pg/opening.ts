import type { Database } from '../couchdb/index.js';
import type { Checkpoint } from '../postgres/index.js';
import { DocumentWriter } from './document-writer.js';
import type { FollowingOptions } from './following.js';
import { lookAtDatabase, type Look } from './look-at-database.js';
import { describeRegression, mend, resync } from './mend.js';
import { markOf } from './regression.js';
import { feedIsSlow, runSnapshot, snapshotIsFaster } from './snapshot/index.js';
import type { SourceRecord } from './source-record.js';

/** What opening a source needs. */
export interface OpeningOptions extends FollowingOptions {
  /** The database of the source. */
  readonly origin: Database;
  readonly record: SourceRecord;
  readonly signal: AbortSignal;
  /** Told how far a snapshot or a comparison is; null when it has ended. */
  readonly onProgress: (progress: { readonly done: number; readonly total: number } | null) => void;
}

/** Where the feed is to be followed from, and the writer whose checkpoint that is. */
export interface Opened {
  readonly since: string;
  readonly writer: DocumentWriter;
}

const beginning = '0';
/** CouchDB's `_purged_infos_limit`, which each shard has for itself: with fewer in all, none has forgotten any. */
const rememberedPurges = 1000;

/**
 * What a source does before it follows its feed: it loads a database that is new to it, and brings the table in line with
 * one that is not what it was.
 *
 * @throws SyncError COUCHDB_*, POSTGRES_*, CHECKPOINT_MOVED; or the reason of `signal`.
 */
export async function openSource(options: OpeningOptions): Promise<Opened> {
  const { counters, control, origin, record, signal, on } = options;
  const stored = await record.checkpoint();
  counters.sequence = stored?.sequence ?? null;
  if (stored === undefined) return load(options);
  if (control.current.resync) return readAgain(options);
  const look = await lookAtDatabase(origin, stored, signal);
  if (look.finding.kind !== 'same' || stored.regression !== null) return bringInLine(options, stored, look);
  await record.mark(look.mark);
  on('opened');
  return openedAt(options, stored.sequence);
}

/** The first load: by several readers where that is the quicker way, else by the feed from its beginning. */
async function load(options: OpeningOptions): Promise<Opened> {
  const { origin: database, record, readers, heartbeatMs, clock, signal, on } = options;
  if (!(await record.isLoading())) {
    const info = await database.info(signal);
    await record.mark(markOf(info));
    const mayBeFaster = snapshotIsFaster(info, readers.count);
    if (!mayBeFaster || !(await feedIsSlow({ database, heartbeatMs, signal, clock }))) {
      on('opened');
      return { since: beginning, writer: writerAt(options, undefined) };
    }
  }
  const sequence = await takeSnapshot(options, false);
  on('loaded');
  return openedAt(options, sequence);
}

/** A resync: everything is read, what differs is written again, and what CouchDB no longer has is removed. */
async function readAgain(options: OpeningOptions): Promise<Opened> {
  const { record, control } = options;
  await takeSnapshot(options, true);
  // From here on a crash repeats the comparison only.
  await record.beginRegression(resync);
  await record.endResync();
  await control.look();
  return openSource(options);
}

async function takeSnapshot(options: OpeningOptions, force: boolean): Promise<string> {
  const { origin, name, counters, on, onProgress, onWritten } = options;
  on('loading');
  const { sequence } = await runSnapshot({
    ...options,
    ...{ database: origin, source: name, force },
    onProgress: ({ done, total }) => {
      counters.pending = total - done;
      onProgress({ done, total });
    },
    onReplaced: (count) => (counters.replacedCharacters += count),
    onWritten: (batch, written) => {
      counters.wrote(batch, written);
      onWritten();
    },
  });
  onProgress(null);
  counters.sequence = sequence;
  return sequence;
}

/** Brings the table in line with a database that is not what it was. */
async function bringInLine(
  options: OpeningOptions,
  stored: Checkpoint,
  { finding, mark, purgedIds }: Look,
): Promise<Opened> {
  const { origin, record, name, log, counters, comparisons, signal, on, onProgress, onWritten } = options;
  const kind = finding.kind === 'same' ? (stored.regression ?? resync) : finding.kind;
  on('regression');
  log.warn({ regression: kind }, describeRegression(kind));
  if (finding.kind !== 'same') counters.regressions[finding.kind] += 1;
  // A purge that CouchDB remembers in full needs no more than a look at what was purged.
  const isRemembered =
    finding.kind === 'purged' &&
    finding.count !== null &&
    finding.count <= purgedIds.length &&
    purgedIds.length < rememberedPurges;
  await record.beginRegression(kind);
  const ids = isRemembered && stored.regression === null ? purgedIds : undefined;
  const { sequence = stored.sequence, counts } = await comparisons.with(signal, () =>
    mend({ ...options, database: origin, source: name, ids }),
  );
  log.info({ regression: kind, ...counts }, 'the table is in line with CouchDB again');
  const { since, writer } = openedAt(options, stored.sequence);
  if (sequence !== since) {
    await writer.write({ rows: [], bytes: 0, changes: 0, sequence, pending: null, recent: [] });
  }
  counters.sequence = sequence;
  await record.endRegression(mark);
  onProgress(null);
  onWritten();
  on('reconciled');
  return { since: sequence, writer };
}

function openedAt(options: OpeningOptions, sequence: string): Opened {
  return { since: sequence, writer: writerAt(options, sequence) };
}

function writerAt({ pool, schema, table, name, log }: OpeningOptions, sequence: string | undefined): DocumentWriter {
  return new DocumentWriter({ pool, schema, table, source: name, log, sequence });
}
