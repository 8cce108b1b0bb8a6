import type { ErrorCode } from '../lib/index.js';

/**
 * What a source is doing.
 *
 * - `starting`: reading its checkpoint and asking CouchDB what the database is
 * - `standby`: another process writes this source; waiting to take over
 * - `catching-up`: reading pages of the feed
 * - `live`: everything up to now is in the table; following the open feed
 * - `backing-off`: something failed that may pass; waiting before the next try
 * - `failed`: something failed that will not pass by itself; tried again at the slowest pace
 * - `stopped`
 */
export type SourceState = 'starting' | 'standby' | 'catching-up' | 'live' | 'backing-off' | 'failed' | 'stopped';

/** How a source stands, for the screen, metrics and status. */
export interface SourceStatus {
  /** `<host>/<database>`. */
  readonly source: string;
  readonly state: SourceState;
  /** The checkpoint: every change up to it is in the table. */
  readonly sequence: string | null;
  /** How many changes are still to come; null when unknown. */
  readonly pending: number | null;
  /** How many changes this process has written. */
  readonly written: number;
  /** How many documents this process has parked because PostgreSQL refused them. */
  readonly rejected: number;
  /** How many characters this process had to take out of documents or replace. */
  readonly replacedCharacters: number;
  /** Changes written per second, over the last seconds. */
  readonly ratePerSecond: number;
  /** For how long the oldest change that was read has not been written, in milliseconds; 0 when idle, null when unknown. */
  readonly lagMs: number | null;
  /** When the last change was written, in milliseconds since the epoch. */
  readonly lastChangeAt: number | null;
  /** The greatest `saved_timestamp` this process has written. */
  readonly savedTimestamp: string | null;
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly remedy: string | undefined } | null;
}
