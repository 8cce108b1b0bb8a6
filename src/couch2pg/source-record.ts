import type pg from 'pg';
import {
  askSource,
  beginRegression,
  classified,
  endRegression,
  readCheckpoint,
  readSnapshot,
  storeMark,
  type Checkpoint,
  type DatabaseMark,
  type TableNames,
} from '../postgres/index.js';

/** What PostgreSQL keeps of one source besides its documents. What goes wrong is thrown as POSTGRES_*. */
export class SourceRecord {
  constructor(
    private readonly pool: pg.Pool,
    private readonly names: TableNames,
    private readonly source: string,
  ) {}

  /** Undefined before everything was read once. */
  checkpoint(): Promise<Checkpoint | undefined> {
    return classified(`reading the checkpoint of ${this.source}`, readCheckpoint(this.pool, this.names, this.source));
  }

  /** Whether a snapshot has begun and not ended. */
  async isLoading(): Promise<boolean> {
    const stored = readSnapshot(this.pool, this.names, this.source);
    return (await classified(`reading the first load of ${this.source}`, stored)) !== undefined;
  }

  mark(mark: DatabaseMark): Promise<void> {
    return this.#note(storeMark(this.pool, this.names, this.source, mark));
  }

  beginRegression(kind: string): Promise<void> {
    return this.#note(beginRegression(this.pool, this.names, this.source, kind));
  }

  endRegression(mark: DatabaseMark): Promise<void> {
    return this.#note(endRegression(this.pool, this.names, this.source, mark));
  }

  /** Everything was read again, as a person has asked. */
  endResync(): Promise<void> {
    return this.#note(askSource(this.pool, this.names, this.source, { resync: false }));
  }

  #note(statement: Promise<void>): Promise<void> {
    return classified(`noting the state of ${this.source}`, statement);
  }
}
