import pg from 'pg';
import { changeChannel, type PostgresConnection } from '../../src/postgres/index.js';

/** What writing to the table of documents leaves behind. */
export interface Traces {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  /** Notifications heard so far. */
  readonly notifications: number;
  /** The greatest `saved_timestamp`, as text. */
  readonly watermark: string | null;
  /** Where the server's write-ahead log ends, in bytes. */
  readonly walBytes: number;
}

/** Looks for traces on a connection of its own. */
export class TraceReader {
  #notifications = 0;

  private constructor(private readonly client: pg.Client) {
    client.on('notification', () => (this.#notifications += 1));
  }

  static async open(connection: PostgresConnection): Promise<TraceReader> {
    const client = new pg.Client({ ...connection });
    await client.connect();
    await client.query(`LISTEN ${changeChannel}`);
    return new TraceReader(client);
  }

  /** What there is now; of the counts, what ended connections and those idle for more than a second have brought. */
  async read(): Promise<Traces> {
    const { rows } = await this.client.query<Omit<Traces, 'notifications'>>(`
      SELECT n_tup_ins::float8 AS inserted, n_tup_upd::float8 AS updated, n_tup_del::float8 AS deleted,
        (SELECT max(saved_timestamp)::text FROM v1.couchdb) AS watermark,
        (pg_current_wal_insert_lsn() - '0/0')::float8 AS "walBytes"
      FROM pg_stat_user_tables WHERE relid = 'v1.couchdb'::regclass`);
    const [found] = rows;
    if (found === undefined) throw new Error('no statistics of v1.couchdb');
    return { ...found, notifications: this.#notifications };
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
