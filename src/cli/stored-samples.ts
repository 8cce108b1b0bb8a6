import type pg from 'pg';
import { messageOf, type Log } from '../lib/index.js';
import type { StoredSample, StoredSource, WatchdogSample } from '../monitoring/index.js';
import {
  classifyPostgresError,
  createPool,
  isOfMissingTable,
  listStandings,
  tableNames,
  type PostgresConnection,
  type SourceStanding,
} from '../postgres/index.js';

/** Where to look. */
export interface StoredPlace {
  readonly connection: PostgresConnection;
  readonly schema: string;
  /** The schema of the table of documents. */
  readonly rootSchema: string;
  readonly table: string;
  readonly selector: string | undefined;
}

/** Which of it this process shows. */
export interface Wanted {
  /** The sources that it writes. */
  readonly sources: readonly string[];
  readonly models: boolean;
}

/** What a scrape may cost PostgreSQL, in milliseconds. */
const defaultTimeoutMs = 3_000;

/** Reads what only PostgreSQL knows, over a connection that is there for as long as it is asked. */
export class StoredReader {
  readonly #pool: pg.Pool;
  /** Of runs before this process began; undefined until they were read. */
  #durations: ReadonlyMap<string, number> | undefined;

  constructor(
    private readonly place: StoredPlace,
    private readonly log: Log,
    private readonly timeoutMs = defaultTimeoutMs,
  ) {
    const connection = { ...place.connection, answerTimeoutMs: timeoutMs + 1_000 };
    this.#pool = createPool({ connection, applicationName: 'cht-sync monitoring', max: 1, log });
  }

  /** @throws when PostgreSQL is away, or slow. What is not there yet has no lines. */
  async read(wanted: Wanted): Promise<StoredSample> {
    try {
      return {
        sources: wanted.sources.length === 0 ? [] : await this.#sources(wanted.sources),
        ...(wanted.models ? await this.#models() : { models: [], watchdog: null }),
      };
    } catch (error) {
      this.log.debug({ error: messageOf(error) }, 'metrics go without what PostgreSQL knows');
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #sources(followed: readonly string[]): Promise<StoredSource[]> {
    const { schema, table } = this.place;
    const names = tableNames(schema, table);
    const standings = await this.#read((client) => listStandings(client, names));
    return (standings ?? []).filter(({ source }) => followed.includes(source)).map(storedSource);
  }

  async #models(): Promise<Pick<StoredSample, 'models' | 'watchdog'>> {
    // Only now, so that couch2pg does without it.
    const { readLastDurations, readModelLags, readWatchdogFigures } = await import('../dataemon/index.js');
    const models = await this.#read((client) => readModelLags(client, this.place));
    const figures = await this.#read((client) => readWatchdogFigures(client, this.place));
    this.#durations ??= await this.#read((client) => readLastDurations(client, this.place));
    const [host, another] = figures?.hosts ?? [];
    const watchdog: WatchdogSample = {
      target: host === undefined || another !== undefined ? null : host,
      latencyMs: figures?.latencyMs ?? null,
      durations: this.#durations ?? new Map<string, number>(),
    };
    return {
      models: (models ?? []).map(({ name, lagMs, lastSuccessAt }) => {
        return { name, lagMs, lastSuccessAt: lastSuccessAt?.getTime() ?? null };
      }),
      watchdog,
    };
  }

  /** Undefined when the tables are not there yet. */
  async #read<Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result | undefined> {
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN READ ONLY');
      await client.query(`SET LOCAL statement_timeout = ${this.timeoutMs}`);
      const result = await work(client);
      await client.query('COMMIT');
      client.release();
      return result;
    } catch (error) {
      client.release(true);
      if (isOfMissingTable(classifyPostgresError(error, 'reading for metrics'))) return undefined;
      throw error;
    }
  }
}

function storedSource({ source, parked, verification }: SourceStanding): StoredSource {
  if (verification === null) return { source, parked, verification };
  const { endedAt, compared, differences, remaining } = verification;
  return { source, parked, verification: { endedAt: endedAt.getTime(), compared, differences, remaining } };
}
