import type pg from 'pg';
import type { Database } from '../../couchdb/index.js';
import type { Clock, Log, Slots } from '../../lib/index.js';
import type { Batch } from '../batch.js';
import type { BatcherOptions } from '../batcher.js';
import type { WrittenBatch } from '../document-writer.js';

/** What a snapshot is made of, and how. */
export interface SnapshotOptions {
  readonly database: Database;
  readonly pool: pg.Pool;
  readonly schema: string;
  readonly table: string;
  /** `<host>/<database>`. */
  readonly source: string;
  /** So many ranges are read at once. Sources of one CouchDB share them, so that it is asked for no more at once. */
  readonly readers: Slots;
  readonly batch: Pick<BatcherOptions, 'rows' | 'bytes' | 'lingerMs'>;
  readonly heartbeatMs: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether a row is written again, too, whose revision is in the table but with another text. */
  readonly force?: boolean;
  /** Rows of a page, and of what is left at least when a range is cut; for tests that have no 50,000 documents. */
  readonly pageRows?: number;
  /** Called whenever documents have been written. */
  readonly onProgress: (progress: SnapshotProgress) => void;
  readonly onWritten: (batch: Batch, written: WrittenBatch) => void;
  /** Called with the number of characters PostgreSQL could not have held. */
  readonly onReplaced: (count: number) => void;
}

/** How far a snapshot is, in documents and tombstones. */
export interface SnapshotProgress {
  readonly done: number;
  readonly total: number;
}
