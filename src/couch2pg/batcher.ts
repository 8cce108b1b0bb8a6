import type { StagedRow } from '../postgres/index.js';
import type { Clock } from '../lib/index.js';
import { BatchBuilder, type Batch, type BatchLimits } from './batch.js';

/** How batches are cut and handed on. */
export interface BatcherOptions extends BatchLimits {
  /** How long a batch that is not full waits for more, in milliseconds. */
  readonly lingerMs: number;
  /** How many batches may be on their way to PostgreSQL at once. */
  readonly inFlight: number;
  readonly clock: Clock;
  /** Writes a batch; calls end in the order in which they began. */
  write(batch: Batch): Promise<void>;
  /** Called once, when a write has failed; nothing is written after. */
  onFailure(error: unknown): void;
}

/**
 * Cuts the stream of changes into batches: by rows, by bytes, or by a short linger when the feed pauses. At most
 * `inFlight` batches are being written while the next one fills: who adds more has to wait, so memory stays bounded.
 */
export class Batcher {
  #current: BatchBuilder;
  #linger: NodeJS.Timeout | undefined;
  readonly #writes = new Set<Promise<void>>();
  /** When the first change of each batch came that is not written yet. */
  readonly #openedAt: number[] = [];
  #bytesInFlight = 0;
  #failed = false;

  constructor(private readonly options: BatcherOptions) {
    this.#current = new BatchBuilder(options);
  }

  /** When the oldest change came that is not written yet, in milliseconds since the epoch; undefined when all are. */
  get unwrittenSince(): number | undefined {
    return this.#openedAt[0];
  }

  /** Adds a change. When it gives a promise the batch is full, and the caller must wait for it before adding more. */
  add(row: StagedRow, sequence: string | null, pending: number | null): Promise<void> | undefined {
    // Nothing will be written any more, and the reader is being told to stop.
    if (this.#failed) return undefined;
    if (!this.#current.hasRoomFor(row)) {
      return this.#dispatchWhenRoom().then(() => this.add(row, sequence, pending));
    }
    this.#open();
    this.#current.add(row, sequence, pending);
    if (this.#current.full) return this.#dispatchWhenRoom();
    this.#startLinger();
    return undefined;
  }

  /** Notes where the feed stands; written with the next batch, or by itself after the linger. */
  mark(sequence: string | null, pending: number | null): void {
    if (sequence !== null) this.#open();
    this.#current.mark(sequence, pending);
    if (!this.#current.empty) this.#startLinger();
  }

  /** Resolves when everything that was added is written, or a write has failed. */
  async drain(): Promise<void> {
    await this.#dispatchWhenRoom();
    await Promise.all(this.#writes);
  }

  async #dispatchWhenRoom(): Promise<void> {
    while (!this.#hasRoom()) await Promise.race(this.#writes);
    this.#dispatch();
  }

  /** A batch of one very large document may be under way alone only: what is in memory is bounded by bytes. */
  #hasRoom(): boolean {
    const { inFlight, bytes } = this.options;
    const size = this.#writes.size;
    return size === 0 || (size < inFlight && this.#bytesInFlight + this.#current.bytes <= inFlight * bytes);
  }

  #open(): void {
    if (this.#current.empty) this.#openedAt.push(this.options.clock.now());
  }

  #startLinger(): void {
    this.#linger ??= setTimeout(() => {
      this.#linger = undefined;
      // With no room the batch goes on filling; it is taken along when a write ends.
      if (this.#hasRoom()) this.#dispatch();
    }, this.options.lingerMs);
  }

  #dispatch(): void {
    clearTimeout(this.#linger);
    this.#linger = undefined;
    if (this.#current.empty || this.#failed) return;
    const batch = this.#current.build();
    this.#current = new BatchBuilder(this.options);
    this.#bytesInFlight += batch.bytes;
    const write = this.options
      .write(batch)
      .catch((error: unknown) => {
        if (this.#failed) return;
        this.#failed = true;
        this.options.onFailure(error);
      })
      .finally(() => {
        this.#writes.delete(write);
        this.#bytesInFlight -= batch.bytes;
        this.#openedAt.shift();
        if (!this.#current.empty && this.#linger === undefined) this.#startLinger();
      });
    this.#writes.add(write);
  }
}
