import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { messageOf, SyncError, type Log } from '../lib/index.js';
import {
  blameFor,
  classifyPostgresError,
  holdCheckpoint,
  moveCheckpoint,
  nextWatermark,
  notifyChange,
  parkRejected,
  prepareStaging,
  sqlState,
  stage,
  tableNames,
  type StagedRow,
  type TableNames,
} from '../postgres/index.js';
import type { Batch } from './batch.js';
import { checkpointMoved } from './checkpoint-moved.js';
import { writeInParts, type PartWriter, type Written } from './write-in-parts.js';
import { writeStaged } from './write-staged.js';

/** What a writer writes to. */
export interface WriterOptions {
  readonly pool: pg.Pool;
  readonly schema: string;
  readonly table: string;
  readonly source: string;
  /** The checkpoint that is stored now. */
  readonly sequence: string | undefined;
  /** For rows that do not come from the feed, and so move no checkpoint. */
  readonly compareAndSet?: CompareAndSet;
  /** What stands for the checkpoint where rows come from a snapshot. */
  readonly mark?: WriterMark;
  /** Whether a row is written, too, whose revision is in the table but with another text. */
  readonly force?: boolean;
  readonly log: Log;
}

/** Lets rows be written only over what they were compared with. Both are called under the lock that orders all writers. */
export interface CompareAndSet {
  /** Takes those rows out of the staging table over whose documents something else was written since. */
  dropOvertaken(client: pg.ClientBase): Promise<void>;
  /** Whether the table still holds of a document what it was compared with. */
  isCurrent(client: pg.ClientBase, id: string): Promise<boolean>;
}

/** How far the rows of a writer go. It is stored with them, and only from where the writer left it. */
export interface WriterMark {
  /** Moves it; says whether it was where the writer left it. */
  move(client: pg.ClientBase, step: { from: string | undefined; to: string; changes: number }): Promise<boolean>;
  /** Says whether it is where the writer left it, and keeps it there to the end of the transaction. */
  hold(client: pg.ClientBase, at: string | undefined): Promise<boolean>;
}

/** What a batch has changed, and how long that took, with waiting for the batch before it. */
export interface WrittenBatch extends Written {
  readonly durationMs: number;
}

/** The checkpoint to be stored with rows; none while a batch is written in parts. */
type Move = Pick<Batch, 'sequence' | 'pending' | 'recent' | 'changes'> | undefined;

/**
 * Writes the batches of one source: documents, checkpoint and notification of a batch in one transaction. Several batches
 * may be under way, each on its own connection: the next is staged while the one before is upserted. They commit in the
 * order of the calls.
 */
export class DocumentWriter {
  readonly #names: TableNames;
  #sequence: string | undefined;
  /** Of the last rows, which lets expect it of the next: a feed that goes back does so for long. */
  #mostWereKnown = false;
  #previous: Promise<unknown> = Promise.resolve();
  readonly #prepared = new WeakSet<pg.PoolClient>();

  constructor(private readonly options: WriterOptions) {
    this.#names = tableNames(options.schema, options.table);
    this.#sequence = options.sequence;
  }

  /**
   * Writes a batch, after those before it. When it fails, so do all after it, and the writer is of no more use.
   *
   * @throws SyncError POSTGRES_*, CHECKPOINT_MOVED.
   */
  write(batch: Batch): Promise<WrittenBatch> {
    const previous = this.#previous;
    const began = performance.now();
    const written = this.#write(batch, previous).then(
      (changed) => ({ ...changed, durationMs: performance.now() - began }),
      (error: unknown) => {
        throw classifyPostgresError(error, `writing documents of ${this.options.source}`);
      },
    );
    this.#previous = written;
    // Whoever called is told; the one after is told by waiting for it.
    written.catch(() => undefined);
    return written;
  }

  async #write(batch: Batch, previous: Promise<unknown>): Promise<Written> {
    try {
      return await this.#transaction(batch.rows, batch, previous);
    } catch (error) {
      if (batch.rows.length === 0 || blameFor(error) === 'server') throw error;
      await previous;
      // The checkpoint follows when all parts are done, so a crash on the way repeats them, which changes nothing.
      const written = await writeInParts(batch.rows, this.#parts);
      await this.#transaction([], batch, previous);
      return written;
    }
  }

  readonly #parts: PartWriter = {
    write: (rows) => this.#transaction(rows, undefined, Promise.resolve()),
    writeControl: (bytes) => this.#tryControl(bytes),
    park: (row, refused) => this.#park(row, refused),
  };

  async #park(row: StagedRow, refused: unknown): Promise<number> {
    const { source, log } = this.options;
    const code = sqlState(refused) ?? '';
    const message = messageOf(refused);
    const isParked = await this.#inTransaction(async (client) => {
      await nextWatermark(client, this.#names, 0);
      await this.#holdCheckpoint(client);
      if ((await this.options.compareAndSet?.isCurrent(client, row.id)) === false) return false;
      return parkRejected(client, this.#names, source, { row, code, message });
    });
    if (!isParked) return 0;
    log.warn(
      { id: row.id, rev: row.rev, sqlstate: code, error: message },
      'PostgreSQL cannot hold a document: parked in couchdb_rejected',
    );
    return 1;
  }

  /** Writes a document of our own and takes it back. */
  async #tryControl(bytes: number): Promise<void> {
    // Not by way of a string, which cannot be as long as a document may be.
    const doc = Buffer.concat([Buffer.from('{"control":"'), Buffer.alloc(bytes, 'x'), Buffer.from('"}')]);
    const row = { id: `cht-sync control ${randomUUID()}`, rev: '0-control', deleted: false, doc };
    await this.#inTransaction(async (client) => {
      await stage(client, [row]);
      await this.#upsert(client, 1);
    }, 'ROLLBACK');
  }

  async #transaction(rows: readonly StagedRow[], move: Move, previous: Promise<unknown>): Promise<Written> {
    const written = await this.#inTransaction(async (client) => {
      if (rows.length > 0) await stage(client, rows);
      // The lock on the watermark must be taken in the order of the batches, and as late as possible.
      await previous;
      const written = rows.length === 0 ? nothing : await this.#upsert(client, rows.length);
      if (move?.sequence === undefined) await this.#holdCheckpoint(client);
      else await this.#moveCheckpoint(client, move.sequence, move, written);
      if (written.savedTimestamp !== undefined) {
        const { schema, table, source } = this.options;
        await notifyChange(client, { schema, table, source, saved_timestamp: written.savedTimestamp });
      }
      return written;
    });
    if (move?.sequence !== undefined) this.#sequence = move.sequence;
    return written;
  }

  async #inTransaction<T>(
    body: (client: pg.PoolClient) => Promise<T>,
    end: 'COMMIT' | 'ROLLBACK' = 'COMMIT',
  ): Promise<T> {
    const client = await this.options.pool.connect();
    try {
      if (!this.#prepared.has(client)) {
        await prepareStaging(client);
        this.#prepared.add(client);
      }
      await client.query('BEGIN');
      const result = await body(client);
      await client.query(end);
      client.release();
      return result;
    } catch (error) {
      await release(client, error);
      throw error;
    }
  }

  async #upsert(client: pg.PoolClient, count: number): Promise<Written> {
    const { source, force } = this.options;
    const base = await nextWatermark(client, this.#names, count);
    await this.options.compareAndSet?.dropOvertaken(client);
    const options = { count, base, force, mostAreKnown: this.#mostWereKnown };
    const written = await writeStaged(client, this.#names, source, options);
    this.#mostWereKnown = written.rows < count / 2;
    return { ...written, rejected: 0 };
  }

  async #moveCheckpoint(
    client: pg.PoolClient,
    sequence: string,
    { pending, recent, changes }: NonNullable<Move>,
    { savedTimestamp }: Written,
  ): Promise<void> {
    const { source, mark } = this.options;
    const step = { from: this.#sequence, to: sequence };
    const moved = await (mark === undefined
      ? moveCheckpoint(client, this.#names, { ...step, source, pending, savedTimestamp, recent })
      : mark.move(client, { ...step, changes }));
    if (!moved) throw checkpointMoved(source);
  }

  async #holdCheckpoint(client: pg.PoolClient): Promise<void> {
    const { source, compareAndSet, mark } = this.options;
    if (compareAndSet !== undefined) return;
    const held = await (mark === undefined
      ? holdCheckpoint(client, this.#names, source, this.#sequence)
      : mark.hold(client, this.#sequence));
    if (!held) throw checkpointMoved(source);
  }
}

const nothing: Written = { rows: 0, rejected: 0, savedTimestamp: undefined };

/** Gives a connection back after an error: rolled back if that works, closed if not. */
async function release(client: pg.PoolClient, error: unknown): Promise<void> {
  if (sqlState(error) === undefined && !(error instanceof SyncError)) {
    client.release(true);
    return;
  }
  try {
    await client.query('ROLLBACK');
    client.release();
  } catch {
    client.release(true);
  }
}
