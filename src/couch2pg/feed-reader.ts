import {
  bareTombstone,
  type ChangedDocument,
  type ChangesRow,
  type Database,
  type FeedMode,
} from '../couchdb/index.js';
import { SyncError, type Clock, type Log } from '../lib/index.js';
import type { StagedRow } from '../postgres/index.js';
import { stagedRow } from './staged-row.js';

/** Where the reader puts what it reads. */
export interface ChangesSink {
  /** Takes a change; the reader waits for the promise, if there is one, before it reads on. */
  add(row: StagedRow, sequence: string | null, pending: number | null): Promise<void> | undefined;
  mark(sequence: string | null, pending: number | null): void;
  drain(): Promise<void>;
}

/** How a feed is read. */
export interface FeedReaderOptions {
  readonly database: Database;
  readonly sink: ChangesSink;
  /** How the live feed is read. */
  readonly liveFeed: Exclude<FeedMode, 'normal'>;
  readonly heartbeatMs: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with the number of characters PostgreSQL could not have held. */
  readonly onReplaced: (count: number) => void;
  /** Called whenever something has come, if only a heartbeat. */
  readonly onSign: () => void;
}

/** What came of one response. */
interface ReadResponse {
  readonly rows: number;
  /** What CouchDB says is still to come. */
  readonly pending: number | null | undefined;
  /** Whether a batch got full at its end. */
  readonly overfull: boolean;
}

const firstPageRows = 1_000;
const pageRows = 10_000;
/** How undici names an answer that does not begin, or does not go on. */
const silence: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
/** A live feed that ends sooner than this without a row is not asked again at once. */
const shortestLiveMs = 1_000;

/** Reads one source's changes feed: in pages until it has caught up, then live. */
export class FeedReader {
  #liveFeed: Exclude<FeedMode, 'normal'>;
  #sequence: string;

  constructor(
    private readonly options: FeedReaderOptions,
    since: string,
  ) {
    this.#liveFeed = options.liveFeed;
    this.#sequence = since;
  }

  /**
   * Reads pages until nothing is pending and all of it is written.
   *
   * @throws SyncError COUCHDB_*.
   */
  async catchUp(): Promise<void> {
    const { sink } = this.options;
    for (let limit = firstPageRows, more = true; more; limit = pageRows) {
      const page = await this.#read('normal', limit);
      more = page.pending == null ? page.rows === limit : page.pending > 0;
    }
    await sink.drain();
  }

  /**
   * Follows the open feed until CouchDB ends it (`ended`), or so much comes that pages are the better way (`behind`).
   *
   * @throws SyncError COUCHDB_*.
   */
  async followLive(): Promise<'ended' | 'behind'> {
    const { clock, signal } = this.options;
    const started = clock.now();
    const { rows, overfull } = await this.#read(this.#liveFeed);
    if (rows === 0 && clock.now() - started < shortestLiveMs) await clock.sleep(shortestLiveMs, signal);
    return overfull ? 'behind' : 'ended';
  }

  async #read(feed: FeedMode, limit?: number): Promise<ReadResponse> {
    const { database, sink, signal, heartbeatMs, onSign } = this.options;
    let count = 0;
    let alive = false;
    let overfull = false;
    try {
      const events = database.changes({
        feed,
        since: this.#sequence,
        heartbeatMs,
        signal,
        ...(limit === undefined ? {} : { limit }),
      });
      for await (const event of events) {
        alive = true;
        onSign();
        if (event.type === 'end') {
          this.#sequence = event.lastSequence;
          sink.mark(event.lastSequence, event.pending ?? (feed === 'normal' ? null : 0));
          return { rows: count, pending: event.pending, overfull };
        }
        count += event.rows.length;
        overfull = await this.#take(event.rows, feed);
        if (overfull && feed === 'continuous') break;
      }
      return { rows: count, pending: undefined, overfull };
    } catch (error) {
      if (feed === 'continuous' && !alive) this.#doWithoutContinuous(error);
      throw error;
    }
  }

  /** Hands rows on; says whether a batch got full on the way. */
  async #take(rows: readonly ChangesRow[], feed: FeedMode): Promise<boolean> {
    const { sink } = this.options;
    let full = false;
    // While live, what has come is all there is; while catching up, only the end of a page says how much is left.
    const pending = feed === 'normal' ? null : 0;
    for (const row of rows) {
      // A promise for each row would cost more than all else that is done with it here.
      const document = row.document ?? (await this.#readAgain(row));
      const room = sink.add(this.#stagedRow(document), row.sequence, pending);
      if (row.sequence !== null) this.#sequence = row.sequence;
      if (room === undefined) continue;
      full = true;
      await room;
    }
    return full;
  }

  /** Asks for a document that CouchDB could not give with its row. */
  async #readAgain(row: ChangesRow): Promise<ChangedDocument> {
    const { database, signal } = this.options;
    // A document that the feed names but CouchDB no longer has was deleted or purged in between.
    return (await database.document(row.id, signal)) ?? bareTombstone(row.id, row.rev);
  }

  #stagedRow(document: ChangedDocument): StagedRow {
    const { database, onReplaced } = this.options;
    const { row, replaced } = stagedRow(database.name, document);
    if (replaced > 0) onReplaced(replaced);
    return row;
  }

  /** A proxy that holds small answers back makes a continuous feed look dead: from now on, long polls. */
  #doWithoutContinuous(error: unknown): void {
    const silent = error instanceof SyncError && silence.has((error.cause as { code?: string } | null)?.code ?? '');
    if (!silent) return;
    this.#liveFeed = 'longpoll';
    this.options.log.warn('the continuous feed stays silent, as behind a buffering proxy: following by long polls');
  }
}
