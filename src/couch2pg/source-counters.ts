import type { Clock, ErrorCode } from '../lib/index.js';
import type { Batch } from './batch.js';
import type { WrittenBatch } from './document-writer.js';
import { Rate } from './rate.js';
import type { RegressionKind } from './regression.js';

const rateWindowMs = 5_000;
/** A batch with fewer changes says nothing: CouchDB may bring a row twice when a document is edited while it is read. */
const leastRewound = 10;

/** What this process has seen of a source: the numbers of its status. */
export class SourceCounters {
  sequence: string | null = null;
  pending: number | null = null;
  written = 0;
  bytes = 0;
  unchanged = 0;
  rejected = 0;
  replacedCharacters = 0;
  lastChangeAt: number | null = null;
  savedTimestamp: string | null = null;
  /** Up to when everything was in the table when the feed was last left, in milliseconds since the epoch. */
  caughtUpAt: number | null = null;
  readonly errors: Partial<Record<ErrorCode, number>> = {};
  readonly regressions: Record<RegressionKind | 'rewound', number> = {
    recreated: 0,
    restored: 0,
    renumbered: 0,
    purged: 0,
    rewound: 0,
  };
  readonly #rate = new Rate(rateWindowMs);
  #isRewound = false;

  /** @param onBatch - told how long each batch with documents took, in milliseconds. */
  constructor(
    private readonly clock: Clock,
    private readonly onBatch: (durationMs: number) => void,
  ) {}

  /** Changes written per second, over the last seconds. */
  ratePerSecond(): number {
    return this.#rate.perSecond(this.clock.now());
  }

  failedWith(code: ErrorCode): void {
    this.errors[code] = (this.errors[code] ?? 0) + 1;
  }

  /** Counts what a batch has changed. */
  wrote(batch: Batch, { rows, rejected, savedTimestamp, durationMs }: WrittenBatch): void {
    const now = this.clock.now();
    if (batch.rows.length > 0) this.onBatch(durationMs);
    this.written += batch.changes;
    this.bytes += batch.bytes;
    this.unchanged += Math.max(0, batch.rows.length - rows - rejected);
    this.rejected += rejected;
    this.#rate.add(now, batch.changes);
    this.sequence = batch.sequence ?? this.sequence;
    if (batch.pending !== null) this.pending = batch.pending;
    else if (this.pending !== null) this.pending = Math.max(0, this.pending - batch.changes);
    if (rows > 0) this.lastChangeAt = now;
    this.savedTimestamp = savedTimestamp ?? this.savedTimestamp;
  }

  /**
   * The live feed is left.
   *
   * @param unwrittenMs - for how long the oldest change that was read has not been written.
   */
  leftLive(unwrittenMs: number): void {
    this.caughtUpAt = this.clock.now() - unwrittenMs;
  }

  /** Says whether with this batch the feed has begun to bring what is in the table already, and counts it. */
  rewindBegins({ rows: { length: came } }: Batch, { rows, rejected }: WrittenBatch): boolean {
    const changed = rows + rejected;
    if (changed > 0) this.#isRewound = false;
    if (changed > 0 || came < leastRewound || this.#isRewound) return false;
    this.#isRewound = true;
    this.regressions.rewound += 1;
    return true;
  }
}
