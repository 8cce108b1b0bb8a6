import { notFound } from '../couch-error.js';
import { ChangeCounts, type CountPlan } from './change-counts.js';
import { instanceKeys, type InstanceKeys } from './keys.js';
import { writeAll, type Level, type Operation } from './level.js';
import type { RevisionTree } from './revision-tree.js';
import { readRow, type Row } from './row.js';
import type { ShardPosition } from './sequence.js';

/** A shard of a database. */
export interface Shard extends ShardPosition {
  /** How many purges it has seen. */
  readonly purges: number;
}

/** What is true of a database as a whole; written with each change of it. */
export interface DatabaseState {
  readonly name: string;
  /** `instance_start_time`: when it was created, in seconds since the epoch. */
  readonly created: number;
  readonly shards: readonly Shard[];
  /** Documents whose winner is not deleted. */
  readonly live: number;
  /** Documents whose winner is a tombstone. */
  readonly deleted: number;
  /** The text of `_security`. */
  readonly security: string;
  readonly purgedInfosLimit: number;
  /** How many lines `_purged_infos` ever had. */
  readonly purgeLines: number;
}

/** What is kept of a document besides its texts. */
export interface DocumentRecord {
  readonly seq: number;
  /** The winning revision. */
  readonly rev: string;
  readonly deleted: boolean;
  readonly tree: RevisionTree;
}

/** One database: its state, its documents by id, and one writer at a time. */
export class Database {
  readonly keys: InstanceKeys;
  readonly #gone = new AbortController();
  readonly #waiting = new Set<() => void>();
  #lastWrite: Promise<unknown> = Promise.resolve();
  #version = 0;

  private constructor(
    readonly level: Level,
    readonly instance: number,
    private currentState: DatabaseState,
    readonly counts: ChangeCounts,
  ) {
    this.keys = instanceKeys(instance);
  }

  /** Opens the database that an instance number stands for. */
  static async open(level: Level, instance: number): Promise<Database> {
    const keys = instanceKeys(instance);
    const text = await level.get(keys.meta);
    if (text === undefined) throw notFound('Database does not exist.');
    const state = JSON.parse(text) as DatabaseState;
    return new Database(level, instance, state, await ChangeCounts.load(level, keys, state.shards.length));
  }

  get state(): DatabaseState {
    return this.currentState;
  }

  /** Aborts when the database is deleted or another takes its name. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Goes up with each change. */
  get version(): number {
    return this.#version;
  }

  /** Runs `work` when all earlier work is done, so that nobody else writes meanwhile. */
  async exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    const run = this.#lastWrite.then(() => {
      if (this.gone.aborted) throw notFound('Database does not exist.');
      return work();
    });
    this.#lastWrite = run.catch(() => undefined);
    return run;
  }

  /** Writes a new state and what belongs to it, then wakes the feeds; only inside {@link exclusive}. */
  async commit(state: DatabaseState, operations: readonly Operation[], counts?: CountPlan): Promise<void> {
    const meta: Operation = { type: 'put', key: this.keys.meta, value: JSON.stringify(state) };
    await writeAll(this.level, [...operations, ...(counts?.operations() ?? []), meta]);
    counts?.apply();
    this.currentState = state;
    this.#version += 1;
    this.#wake();
  }

  /** Resolves when there has been a change since `version`, the database is gone, or `signal` aborts. */
  async changedSince(version: number, signal: AbortSignal): Promise<void> {
    if (version !== this.#version || signal.aborted || this.gone.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  /** Ends it for whoever still holds it: nothing more is written, feeds end. */
  end(): void {
    this.#gone.abort();
    this.#wake();
  }

  /** Resolves when what was being written is written. */
  async idle(): Promise<void> {
    await this.#lastWrite;
  }

  /** The shard a document belongs to. */
  shardOf(id: string): number {
    return hash(id) % this.state.shards.length;
  }

  /** What is kept of some documents, in the order of their ids. */
  async records(ids: readonly string[]): Promise<(DocumentRecord | undefined)[]> {
    const texts = await this.level.getMany(ids.map((id) => this.keys.document(id)));
    return texts.map((text) => (text === undefined ? undefined : (JSON.parse(text) as DocumentRecord)));
  }

  /** The rows of some documents. */
  async rows(places: readonly { readonly id: string; readonly seq: number }[]): Promise<(Row | undefined)[]> {
    const texts = await this.level.getMany(places.map(({ id, seq }) => this.keys.row(this.shardOf(id), seq)));
    return texts.map((text) => (text === undefined ? undefined : readRow(text)));
  }

  /** The text of a revision, if it is kept. */
  async text(id: string, record: DocumentRecord, rev: string): Promise<string | undefined> {
    if (rev !== record.rev) return this.level.get(this.keys.revision(id, rev));
    const [row] = await this.rows([{ id, seq: record.seq }]);
    return row?.document;
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

/** FNV-1a over UTF-16 code units. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  // The low bits alone are too regular for ids that count up.
  return (value ^ (value >>> 15)) >>> 0;
}
