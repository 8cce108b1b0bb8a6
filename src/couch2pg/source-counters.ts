import type { Clock } from '../lib/index.js';
import type { Batch } from './batch.js';
import type { Written } from './write-in-parts.js';
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
  unchanged = 0;
  rejected = 0;
  replacedCharacters = 0;
  lastChangeAt: number | null = null;
  savedTimestamp: string | null = null;
  readonly regressions: Record<RegressionKind | 'rewound', number> = {
    recreated: 0,
    restored: 0,
    renumbered: 0,
    purged: 0,
    rewound: 0,
  };
  readonly #rate = new Rate(rateWindowMs);
  #isRewound = false;

  constructor(private readonly clock: Clock) {}

  /** Changes written per second, over the last seconds. */
  ratePerSecond(): number {
    return this.#rate.perSecond(this.clock.now());
  }

  /** Counts what a batch has changed. */
  wrote(batch: Batch, { rows, rejected, savedTimestamp }: Written): void {
    const now = this.clock.now();
    this.written += batch.changes;
    this.unchanged += Math.max(0, batch.rows.length - rows - rejected);
    this.rejected += rejected;
    this.#rate.add(now, batch.changes);
    this.sequence = batch.sequence ?? this.sequence;
    if (batch.pending !== null) this.pending = batch.pending;
    else if (this.pending !== null) this.pending = Math.max(0, this.pending - batch.changes);
    if (rows > 0) this.lastChangeAt = now;
    this.savedTimestamp = savedTimestamp ?? this.savedTimestamp;
  }

  /** Says whether with this batch the feed has begun to bring what is in the table already, and counts it. */
  rewindBegins({ rows: { length: came } }: Batch, { rows, rejected }: Written): boolean {
    const changed = rows + rejected;
    if (changed > 0) this.#isRewound = false;
    if (changed > 0 || came < leastRewound || this.#isRewound) return false;
    this.#isRewound = true;
    this.regressions.rewound += 1;
    return true;
  }
}
