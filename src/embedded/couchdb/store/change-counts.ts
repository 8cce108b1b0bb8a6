import type { InstanceKeys } from './keys.js';
import type { Level } from './level.js';

/** How many sequence numbers of a shard are counted together. */
const bucketSize = 512;

/**
 * How many rows follow a place in a shard, which `pending` says, without walking over them: the rows are counted by
 * stretches of {@link bucketSize} sequence numbers, so that only one stretch has to be walked over.
 */
export class ChangeCounts {
  private constructor(
    private readonly level: Level,
    private readonly keys: InstanceKeys,
    private readonly shards: readonly number[][],
  ) {}

  /** Reads the counts of an instance. */
  static async load(level: Level, keys: InstanceKeys, shardCount: number): Promise<ChangeCounts> {
    const shards = Array.from({ length: shardCount }, (): number[] => []);
    for await (const [key, value] of level.iterator(keys.counts)) {
      const [shard, bucket] = key.slice(keys.counts.gte.length).split('/').map(Number);
      if (shard !== undefined && bucket !== undefined) setCount(shards[shard] ?? [], bucket, Number(value));
    }
    return new ChangeCounts(level, keys, shards);
  }

  /** How many rows the shard has after `seq`. */
  async after(shard: number, seq: number): Promise<number> {
    const counts = this.shards[shard] ?? [];
    const bucket = Math.floor(seq / bucketSize);
    let total = 0;
    for (let at = bucket + 1; at < counts.length; at += 1) total += counts[at] ?? 0;
    if ((counts[bucket] ?? 0) === 0) return total;
    const range = { gt: this.keys.row(shard, seq), lt: this.keys.row(shard, (bucket + 1) * bucketSize) };
    const keys = this.level.keys(range);
    try {
      for (;;) {
        const found = await keys.nextv(bucketSize);
        if (found.length === 0) return total;
        total += found.length;
      }
    } finally {
      await keys.close();
    }
  }

  /** The change of counts that some rows coming and going make; nothing is counted before `apply`. */
  plan(): CountPlan {
    return new CountPlan(this.keys, this.shards);
  }
}

/** Rows that come and go together. */
export class CountPlan {
  readonly #changes = new Map<string, { shard: number; bucket: number; by: number }>();

  constructor(
    private readonly keys: InstanceKeys,
    private readonly shards: readonly number[][],
  ) {}

  /** Counts a row in (`by` 1) or out (-1). */
  add(shard: number, seq: number, by: 1 | -1): void {
    const bucket = Math.floor(seq / bucketSize);
    const key = this.keys.count(shard, bucket);
    const change = this.#changes.get(key);
    if (change === undefined) this.#changes.set(key, { shard, bucket, by });
    else change.by += by;
  }

  /** What is to be written. */
  operations(): { type: 'put'; key: string; value: string }[] {
    return [...this.#changes].map(([key, { shard, bucket, by }]) => ({
      type: 'put',
      key,
      value: String((this.shards[shard]?.[bucket] ?? 0) + by),
    }));
  }

  /** To be called when it has been written. */
  apply(): void {
    for (const { shard, bucket, by } of this.#changes.values()) {
      const counts = this.shards[shard];
      if (counts !== undefined) setCount(counts, bucket, (counts[bucket] ?? 0) + by);
    }
  }
}

function setCount(counts: number[], bucket: number, count: number): void {
  while (counts.length < bucket) counts.push(0);
  counts[bucket] = count;
}
