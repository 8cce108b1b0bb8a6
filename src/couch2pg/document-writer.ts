import type pg from 'pg';
import { messageOf, SyncError, type Log } from '../lib/index.js';
import {
  aliasCollisions,
  classifyPostgresError,
  isDataError,
  moveCheckpoint,
  nextWatermark,
  notifyChange,
  parkRejected,
  prepareStaging,
  sqlState,
  stage,
  tableNames,
  unparkStaged,
  upsertStaged,
  type StagedRow,
  type TableNames,
} from '../postgres/index.js';
import type { Batch } from './batch.js';

/** What a writer writes to. */
export interface WriterOptions {
  readonly pool: pg.Pool;
  readonly schema: string;
  readonly table: string;
  readonly source: string;
  /** The checkpoint that is stored now. */
  readonly sequence: string | undefined;
  readonly log: Log;
}

/** What a batch has changed. */
export interface Written {
  readonly rows: number;
  readonly rejected: number;
  /** The greatest `saved_timestamp` given; undefined when no row changed. */
  readonly savedTimestamp: string | undefined;
}

/** The checkpoint to be stored with rows; none while a batch is written in parts. */
type Move = Pick<Batch, 'sequence' | 'pending' | 'recent'> | undefined;

/**
 * Writes the batches of one source: documents, checkpoint and notification of a batch in one transaction. Several batches
 * may be under way, each on its own connection: the next is staged while the one before is upserted. They commit in the
 * order of the calls.
 */
export class DocumentWriter {
  readonly #names: TableNames;
  #sequence: string | undefined;
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
  write(batch: Batch): Promise<Written> {
    const previous = this.#previous;
    const written = this.#write(batch, previous).catch((error: unknown) => {
      throw classifyPostgresError(error, `writing documents of ${this.options.source}`);
    });
    this.#previous = written;
    // Whoever called is told; the one after is told by waiting for it.
    written.catch(() => undefined);
    return written;
  }

  async #write(batch: Batch, previous: Promise<unknown>): Promise<Written> {
    try {
      return await this.#transaction(batch.rows, batch, previous);
    } catch (error) {
      if (!isDataError(error)) throw error;
      await previous;
      const written = await this.#withoutBadRows(batch.rows, error);
      await this.#transaction([], batch, previous);
      return written;
    }
  }

  /**
   * Writes rows of which PostgreSQL refuses one or more: in halves, until each bad one stands alone and is parked. The
   * checkpoint follows when all are done, so a crash on the way repeats the parts, which changes nothing.
   */
  async #withoutBadRows(rows: readonly StagedRow[], refused: unknown): Promise<Written> {
    const [first] = rows;
    if (rows.length === 1 && first !== undefined) {
      await this.#park(first, refused);
      return { rows: 0, rejected: 1, savedTimestamp: undefined };
    }
    let total: Written = { rows: 0, rejected: 0, savedTimestamp: undefined };
    const middle = Math.ceil(rows.length / 2);
    for (const half of [rows.slice(0, middle), rows.slice(middle)]) {
      const part = await this.#transaction(half, undefined, Promise.resolve()).catch((error: unknown) => {
        if (!isDataError(error)) throw error;
        return this.#withoutBadRows(half, error);
      });
      total = {
        rows: total.rows + part.rows,
        rejected: total.rejected + part.rejected,
        savedTimestamp: part.savedTimestamp ?? total.savedTimestamp,
      };
    }
    return total;
  }

  async #park(row: StagedRow, refused: unknown): Promise<void> {
    const { source, pool, log } = this.options;
    const code = sqlState(refused) ?? '';
    await parkRejected(pool, this.#names, source, { row, code, message: messageOf(refused) });
    log.warn(
      { id: row.id, rev: row.rev, sqlstate: code, error: messageOf(refused) },
      'PostgreSQL cannot hold a document: parked in couchdb_rejected',
    );
  }

  async #transaction(rows: readonly StagedRow[], move: Move, previous: Promise<unknown>): Promise<Written> {
    const client = await this.options.pool.connect();
    try {
      if (!this.#prepared.has(client)) {
        await prepareStaging(client);
        this.#prepared.add(client);
      }
      await client.query('BEGIN');
      if (rows.length > 0) await stage(client, rows);
      // The lock on the watermark must be taken in the order of the batches, and as late as possible.
      await previous;
      const written = rows.length === 0 ? nothing : await this.#upsert(client, rows.length);
      if (move?.sequence !== undefined) await this.#moveCheckpoint(client, move.sequence, move, written);
      if (written.savedTimestamp !== undefined) {
        const { schema, table, source } = this.options;
        await notifyChange(client, { schema, table, source, saved_timestamp: written.savedTimestamp });
      }
      await client.query('COMMIT');
      if (move?.sequence !== undefined) this.#sequence = move.sequence;
      client.release();
      return written;
    } catch (error) {
      await release(client, error);
      throw error;
    }
  }

  async #upsert(client: pg.PoolClient, count: number): Promise<Written> {
    const { source } = this.options;
    const base = await nextWatermark(client, this.#names, count);
    let { rows, savedTimestamp } = await upsertStaged(client, this.#names, source, base);
    if (rows < count && (await aliasCollisions(client, this.#names, source)) > 0) {
      const more = await upsertStaged(client, this.#names, source, base);
      rows += more.rows;
      savedTimestamp = greatest(savedTimestamp, more.savedTimestamp);
    }
    await unparkStaged(client, this.#names, source);
    return { rows, rejected: 0, savedTimestamp };
  }

  async #moveCheckpoint(
    client: pg.PoolClient,
    sequence: string,
    { pending, recent }: NonNullable<Move>,
    written: Written,
  ): Promise<void> {
    const { source } = this.options;
    const moved = await moveCheckpoint(client, this.#names, {
      source,
      from: this.#sequence,
      to: sequence,
      pending,
      savedTimestamp: written.savedTimestamp,
      recent,
    });
    if (moved) return;
    throw new SyncError('CHECKPOINT_MOVED', `Another process has moved the checkpoint of ${source}.`, {
      passing: true,
    });
  }
}

const nothing: Written = { rows: 0, rejected: 0, savedTimestamp: undefined };

/** Timestamps of PostgreSQL as text, of which trailing zeros of the fraction are left out. */
function greatest(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const padded = (text: string) => (text.includes('.') ? text : `${text}.`).padEnd(26, '0');
  return padded(a) > padded(b) ? a : b;
}

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
