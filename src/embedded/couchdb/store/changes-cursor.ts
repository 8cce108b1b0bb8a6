import type { Database } from './database.js';
import { readRow, type Row } from './row.js';

/** How the rows of the shards are mixed. */
export interface MergeOptions {
  /** Without it the order is always the same; with it, another each time. */
  readonly random: (() => number) | undefined;
  readonly descending: boolean;
}

/** A row and the shard it is from. */
export interface ShardRow {
  readonly shard: number;
  readonly row: Row;
}

/** Rows of one shard that follow one another in the feed, at most. */
const longestRun = 16;
/** Rows read from the store at once, at most. */
const readAhead = 512;
/** Bytes read from the store at once, roughly. */
const readAheadBytes = 256 * 1024;

/**
 * Walks over the rows of all shards, of each in its order, but of all together in none: as in a cluster, a run from one
 * shard follows a run from another. What is written after the cursor was made is not in it.
 */
export class ChangesCursor {
  readonly #shards: ShardCursor[];
  readonly #ends: readonly number[];
  #turn = 0;

  constructor(
    database: Database,
    starts: readonly number[],
    private readonly options: MergeOptions,
  ) {
    this.#ends = database.state.shards.map(({ seq }) => (options.descending ? 0 : seq));
    this.#shards = starts.map((start, shard) => {
      const end = this.#ends[shard] ?? 0;
      return new ShardCursor(database, shard, options.descending ? [0, start] : [start, end], options.descending);
    });
  }

  /** Up to `limit` rows, of one shard; none when all is read. */
  async next(limit: number): Promise<ShardRow[]> {
    for (let tried = 0; tried < this.#shards.length; tried += 1) {
      const shard = this.#pick(tried);
      const run = Math.min(limit, this.options.random === undefined ? longestRun : this.#randomRun());
      const rows = (await this.#shards[shard]?.next(run)) ?? [];
      if (rows.length > 0) return rows.map((row) => ({ shard, row }));
    }
    return [];
  }

  /** Where a shard stands that has been read to its end. */
  endOf(shard: number): number {
    return this.#ends[shard] ?? 0;
  }

  async close(): Promise<void> {
    for (const shard of this.#shards) await shard.close();
  }

  /** The last shard goes first, so that the order differs from that of writing already in a small database. */
  #pick(tried: number): number {
    const { random } = this.options;
    if (random !== undefined && tried === 0) this.#turn = Math.floor(random() * this.#shards.length);
    this.#turn = (this.#turn + this.#shards.length - 1) % this.#shards.length;
    return this.#turn;
  }

  #randomRun(): number {
    return 1 + Math.floor((this.options.random?.() ?? 0) * longestRun);
  }
}

/** The rows of one shard, read ahead. */
class ShardCursor {
  readonly #values;
  #ahead: string[] = [];
  #at = 0;
  #done = false;

  constructor(database: Database, shard: number, [after, upTo]: readonly [number, number], descending: boolean) {
    this.#values = database.level.values({
      gt: database.keys.row(shard, after),
      lte: database.keys.row(shard, upTo),
      reverse: descending,
      highWaterMarkBytes: readAheadBytes,
    });
  }

  async next(most: number): Promise<Row[]> {
    if (this.#at === this.#ahead.length && !this.#done) {
      this.#ahead = await this.#values.nextv(readAhead);
      this.#at = 0;
      if (this.#ahead.length === 0) this.#done = true;
    }
    const texts = this.#ahead.slice(this.#at, this.#at + most);
    this.#at += texts.length;
    return texts.map(readRow);
  }

  close(): Promise<void> {
    return this.#values.close();
  }
}
