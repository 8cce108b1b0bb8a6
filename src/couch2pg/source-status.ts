import type { ErrorCode } from '../lib/index.js';
import type { RegressionKind } from './regression.js';
import type { SourceState } from './source-machine.js';

/** How a source stands, for the screen, metrics and status. */
export interface SourceStatus {
  /** `<host>/<database>`. */
  readonly source: string;
  readonly state: SourceState;
  /** The checkpoint: every change up to it is in the table. */
  readonly sequence: string | null;
  /** How many changes are still to come; null when unknown. */
  readonly pending: number | null;
  /** How far a snapshot or a comparison is, in documents; null when there is none. */
  readonly progress: { readonly done: number; readonly total: number } | null;
  /** How many changes this process has written. */
  readonly written: number;
  /** The size of their documents. */
  readonly bytes: number;
  /** How many changes brought a revision that was in the table already. */
  readonly unchanged: number;
  /** How many documents this process has parked because PostgreSQL refused them. */
  readonly rejected: number;
  /** How many characters this process had to take out of documents or replace. */
  readonly replacedCharacters: number;
  /** How often the database was found not to be what it was, by kind. */
  readonly regressions: Readonly<Record<RegressionKind | 'rewound', number>>;
  /** Changes written per second, over the last seconds. */
  readonly ratePerSecond: number;
  /** For how long the oldest change that was read has not been written, in milliseconds; 0 when idle, null when unknown. */
  readonly lagMs: number | null;
  /**
   * Up to when, in milliseconds since the epoch, everything was in the table when the live feed was last left; null when
   * this process has never come so far.
   */
  readonly caughtUpAt: number | null;
  /** When the last change was written, in milliseconds since the epoch. */
  readonly lastChangeAt: number | null;
  /** The greatest `saved_timestamp` this process has written. */
  readonly savedTimestamp: string | null;
  /** How often a try has failed, by code. */
  readonly errors: Readonly<Partial<Record<ErrorCode, number>>>;
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly remedy: string | undefined } | null;
}
