import { messageOf, SyncError, type Log } from '../lib/index.js';
import { createPool, migrate } from '../postgres/index.js';
import { dataemonLock } from './database/running.js';
import { Session } from './database/session.js';
import type { DataemonOptions } from './options.js';

/** What the keeper works with. */
export interface SessionKeeperOptions extends Pick<
  DataemonOptions,
  'connection' | 'schema' | 'rootSchema' | 'table' | 'selector' | 'clock'
> {
  /** Called when documents have changed and when the session is lost. */
  readonly onWake: () => void;
  readonly log: Log;
}

/** While models run: PostgreSQL may need some seconds to come back, or to notice that the lost session has gone. */
const recoverTries = 10;
const recoverPauseMs = 1_000;

/** Opens the session, with the tables and the lock that go with it, and opens it anew while a run goes on without it. */
export class SessionKeeper {
  #session: Session | undefined;
  #recovering: Promise<void> | undefined;
  #serverVersion = 0;
  /** What to do when the lock cannot be had again, one for each thing that is done under it. */
  readonly #onLockLost = new Set<() => Promise<void>>();

  constructor(private readonly options: SessionKeeperOptions) {}

  /** PostgreSQL's `server_version_num`; 0 before the first session. */
  get serverVersion(): number {
    return this.#serverVersion;
  }

  /** Whether there is none, and none that is being opened in its place. */
  async isLost(): Promise<boolean> {
    await this.#recovering;
    return this.#session?.lost !== false;
  }

  /** @throws SyncError POSTGRES_UNREACHABLE when there is none. */
  async current(): Promise<Session> {
    await this.#recovering;
    if (this.#session === undefined || this.#session.lost) {
      throw new SyncError('POSTGRES_UNREACHABLE', "The dataemon's connection to PostgreSQL was lost.", {
        passing: true,
      });
    }
    return this.#session;
  }

  /** @throws SyncError POSTGRES_*. */
  async open(): Promise<void> {
    await this.close();
    await this.#migrate();
    this.#session = await this.#connect();
    const [row] = await this.#session.query<{ version: string }>(
      'asking for the version',
      `SELECT current_setting('server_version_num') AS version`,
    );
    this.#serverVersion = Number(row?.version);
  }

  /** Whether this dataemon is the one that runs the selector's models. */
  async tryLock(): Promise<boolean> {
    return (await this.current()).tryLock(this.#lockName);
  }

  /**
   * Does something for which the lock is needed. When the connection is lost meanwhile it is opened anew, and the lock
   * taken again; when another dataemon has it by then, `onLockLost` is called.
   */
  async whileLocked<Result>(work: () => Promise<Result>, onLockLost: () => Promise<void>): Promise<Result> {
    const told = () => onLockLost();
    this.#onLockLost.add(told);
    try {
      return await work();
    } finally {
      this.#onLockLost.delete(told);
      await this.#recovering;
    }
  }

  async close(): Promise<void> {
    await this.#recovering;
    await this.#session?.close();
    this.#session = undefined;
  }

  get #lockName(): string {
    return dataemonLock(this.options.schema, this.options.selector);
  }

  async #connect(): Promise<Session> {
    const { connection, schema, rootSchema = schema, table, selector, onWake } = this.options;
    return Session.open({
      connection,
      schema: rootSchema,
      table,
      place: { schema, selector },
      onChange: onWake,
      onLost: () => {
        if (this.#onLockLost.size > 0) this.#recovering ??= this.#recover();
        onWake();
      },
    });
  }

  /** Opens a session in place of the lost one, and takes its lock again, before another dataemon does. */
  async #recover(): Promise<void> {
    try {
      for (let tries = 1; ; tries += 1) {
        if (await this.#reopened()) return;
        if (tries === recoverTries) break;
        await this.options.clock.sleep(recoverPauseMs);
      }
    } finally {
      this.#recovering = undefined;
    }
    await Promise.all([...this.#onLockLost].map((tell) => tell()));
  }

  async #reopened(): Promise<boolean> {
    try {
      this.#session = await this.#connect();
      if (await this.#session.tryLock(this.#lockName)) return true;
      await this.#session.close();
    } catch (error) {
      this.options.log.debug({ error: messageOf(error) }, 'the lock could not be taken again');
    }
    return false;
  }

  async #migrate(): Promise<void> {
    const { connection, schema, rootSchema = schema, table, log } = this.options;
    const pool = createPool({ connection, applicationName: 'cht-sync dataemon', max: 1, log });
    try {
      // The documents of another schema are another's to migrate.
      if (rootSchema === schema) await migrate({ pool, family: 'documents', schema, table, log });
      await migrate({ pool, family: 'dataemon', schema, table, log });
    } finally {
      await pool.end();
    }
  }
}
