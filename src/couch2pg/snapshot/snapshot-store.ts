import type pg from 'pg';
import {
  beginSnapshot,
  classified,
  dropSnapshot,
  finishRange,
  moveCheckpoint,
  readCheckpoint,
  readSnapshot,
  splitRange,
  type IdAndRevision,
  type RangeSplit,
  type SnapshotOrigin,
  type StoredSnapshot,
  type TableNames,
} from '../../postgres/index.js';
import { checkpointMoved } from '../checkpoint-moved.js';

/** Where a snapshot is kept. */
export interface StoreOptions {
  readonly pool: pg.Pool;
  readonly names: TableNames;
  readonly source: string;
}

/** Where the feed goes on. */
export interface Ending {
  /** The checkpoint that is stored. */
  readonly from: string | undefined;
  readonly to: string;
  /** Some of what was written last, by which a database is known again. */
  readonly recent: readonly IdAndRevision[];
}

/**
 * What PostgreSQL remembers of the snapshot of one source.
 *
 * @throws SyncError POSTGRES_* from each of its methods.
 */
export class SnapshotStore {
  constructor(private readonly options: StoreOptions) {}

  /** The snapshot that has begun and not ended. */
  read(): Promise<StoredSnapshot | undefined> {
    const { pool, names, source } = this.options;
    return this.#classified(readSnapshot(pool, names, source));
  }

  async begin(origin: SnapshotOrigin): Promise<void> {
    const { pool, names, source } = this.options;
    await this.#classified(beginSnapshot(pool, names, source, origin));
  }

  /** Cuts a range in two; says whether it still was as it was believed to be. */
  split(split: RangeSplit): Promise<boolean> {
    const { pool, names, source } = this.options;
    return this.#classified(splitRange(pool, names, source, split));
  }

  async finish(number: number): Promise<void> {
    const { pool, names, source } = this.options;
    await this.#classified(finishRange(pool, names, source, number));
  }

  /** The sequence of the checkpoint as it is stored. */
  async checkpoint(): Promise<string | undefined> {
    const { pool, names, source } = this.options;
    return (await this.#classified(readCheckpoint(pool, names, source)))?.sequence;
  }

  /** Moves the checkpoint and forgets the snapshot, in one transaction. */
  async end(ending: Ending): Promise<void> {
    await this.#classified(this.#end(ending));
  }

  async #end({ from, to, recent }: Ending): Promise<void> {
    const { pool, names, source } = this.options;
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const step = { source, from, to, pending: null, savedTimestamp: undefined, recent };
      if (!(await moveCheckpoint(client, names, step))) throw checkpointMoved(source);
      await dropSnapshot(client, names, source);
      await client.query('COMMIT');
      client.release();
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  #classified<T>(statement: Promise<T>): Promise<T> {
    return classified(`storing the first load of ${this.options.source}`, statement);
  }
}
