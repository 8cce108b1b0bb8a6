import pg from 'pg';
import { z } from 'zod';
import {
  changeChannel,
  classifyPostgresError,
  clientConfig,
  noticeLostClient,
  tryLock,
  type PostgresConnection,
} from '../../postgres/index.js';
import { isOfAnother, modelsChannel } from './models-channel.js';
import type { StandingPlace } from './standings.js';

/** What a session is opened with. */
export interface SessionOptions {
  readonly connection: PostgresConnection;
  /** The schema and name of the table whose changes are listened to. */
  readonly schema: string;
  readonly table: string;
  /** Whose models they are: what dataemons of other selectors do with theirs is listened to, too. */
  readonly place: StandingPlace;
  /** Called when the table, or a model of another dataemon, has changed. */
  readonly onChange: () => void;
  /** Called once, when a connection that stood is lost. */
  readonly onLost: () => void;
}

/** What statements are put to: a session, or a pool of a command beside it. */
export interface Queries {
  /** @throws SyncError POSTGRES_*. */
  query<Row extends pg.QueryResultRow>(doing: string, text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** A connection on which nothing comes back for so long is a dead one. */
const answerTimeoutMs = 30_000;

const payloadSchema = z.object({ schema: z.string(), table: z.string() });

/**
 * The dataemon's one connection: it hears of changes, holds the lock of the selector, and carries its few statements, so
 * that a poll for changes shows too whether the connection still lives.
 */
export class Session implements Queries {
  #stands = false;
  #lost = false;

  private constructor(
    private readonly client: pg.Client,
    private readonly options: SessionOptions,
  ) {}

  /** @throws SyncError POSTGRES_*. */
  static async open(options: SessionOptions): Promise<Session> {
    const config = { ...clientConfig(options.connection, 'cht-sync dataemon'), query_timeout: answerTimeoutMs };
    const client = new pg.Client(config);
    const session = new Session(client, options);
    client.on('error', () => session.#lose());
    client.on('end', () => session.#lose());
    client.on('notification', ({ channel, payload }) => session.#hear(channel, payload));
    try {
      await client.connect();
      await noticeLostClient(client);
      await client.query(`LISTEN ${changeChannel}; LISTEN ${modelsChannel}`);
      session.#stands = true;
      return session;
    } catch (error) {
      await session.close();
      throw classifyPostgresError(error, 'connecting the dataemon');
    }
  }

  /** Whether the connection, and with it the lock, is gone. */
  get lost(): boolean {
    return this.#lost;
  }

  /** @throws SyncError POSTGRES_*; the session is lost when it did not answer. */
  async query<Row extends pg.QueryResultRow>(
    doing: string,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    try {
      return (await this.client.query<Row>(text, [...values])).rows;
    } catch (error) {
      // Without an SQLSTATE the answer did not come from the server.
      if (!(error instanceof pg.DatabaseError)) await this.#giveUp();
      throw classifyPostgresError(error, doing);
    }
  }

  /** Takes a lock for as long as the session lives, unless another session has it. */
  async tryLock(name: string): Promise<boolean> {
    try {
      return await tryLock(this.client, name);
    } catch (error) {
      await this.#giveUp();
      throw classifyPostgresError(error, 'taking a lock');
    }
  }

  async close(): Promise<void> {
    this.#lost = true;
    const { client } = this;
    // A dead peer never answers the goodbye.
    const socket = (client as unknown as { connection?: { stream?: { destroy(): void } } }).connection?.stream;
    const goodbye = client.end().catch(() => undefined);
    await Promise.race([goodbye, new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
    socket?.destroy();
  }

  /** The connection is not to be trusted any more. */
  async #giveUp(): Promise<void> {
    this.#lose();
    await this.close();
  }

  #lose(): void {
    if (this.#lost) return;
    this.#lost = true;
    if (this.#stands) this.options.onLost();
  }

  #hear(channel: string, payload: string | undefined): void {
    let told: unknown;
    try {
      told = JSON.parse(payload ?? '');
    } catch {
      return;
    }
    if (channel === modelsChannel ? isOfAnother(told, this.options.place) : this.#isOurTable(told))
      this.options.onChange();
  }

  #isOurTable(told: unknown): boolean {
    const parsed = payloadSchema.safeParse(told);
    return parsed.success && parsed.data.schema === this.options.schema && parsed.data.table === this.options.table;
  }
}
