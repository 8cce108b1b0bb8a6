import type pg from 'pg';
import { messageOf, type Log } from '../lib/index.js';
import type {
  DatabaseSample,
  StoredModel,
  StoredSample,
  StoredSource,
  WatchdogSample,
  WatchdogSource,
} from '../monitoring/index.js';
import {
  classifyPostgresError,
  createPool,
  isOfMissingTable,
  listStandings,
  tableNames,
  type PostgresConnection,
  type SourceStanding,
} from '../postgres/index.js';
import { followedStates } from './measure-samples.js';
import { sourceView } from './status/source-view.js';

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

/** A report that is older than that is no sign of life. */
const reportMs = 60_000;

/**
 * How long what was read is good for, as several scrapes at once cost PostgreSQL as much as one, and how long a scrape waits for
 * it, well below the ten seconds that Prometheus waits; in milliseconds.
 */
export const [freshMs, waitMs] = [5_000, 5_000];

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

  /**
   * Reads of all sources and of the models of all selectors.
   *
   * @throws when PostgreSQL is away, or slow. What is not there yet has no lines.
   */
  async readAll(): Promise<DatabaseSample> {
    const { readRunning } = await import('../dataemon/index.js');
    const standings = await this.#standings();
    const dataemons = (await this.#ifThere(() => readRunning(this.#pool, this.place.schema))) ?? [];
    const selectors = dataemons.map(({ selector }) => selector ?? undefined);
    const [models, durations]: [StoredModel[], [string, number][]] = [[], []];
    for (const selector of selectors) {
      models.push(...(await this.#lags(selector)));
      durations.push(...((await this.#durationsOf(selector)) ?? []));
    }
    return {
      followed: standings.map(watchdogSource),
      sources: standings.map(storedSource),
      models,
      watchdog: await this.#watchdog(new Map(durations)),
    };
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #sources(followed: readonly string[]): Promise<StoredSource[]> {
    return (await this.#standings()).filter(({ source }) => followed.includes(source)).map(storedSource);
  }

  async #standings(): Promise<SourceStanding[]> {
    const { schema, table } = this.place;
    const names = tableNames(schema, table);
    return (await this.#read((client) => listStandings(client, names))) ?? [];
  }

  async #models(): Promise<Pick<StoredSample, 'models' | 'watchdog'>> {
    const { selector } = this.place;
    const models = await this.#lags(selector);
    this.#durations ??= await this.#durationsOf(selector);
    return { models, watchdog: await this.#watchdog(this.#durations ?? new Map<string, number>()) };
  }

  async #lags(selector: string | undefined): Promise<StoredModel[]> {
    // Only now, so that couch2pg does without it.
    const { readModelLags } = await import('../dataemon/index.js');
    const models = await this.#read((client) => readModelLags(client, { ...this.place, selector }));
    return (models ?? []).map(({ name, lagMs, lastSuccessAt }) => {
      return { name, lagMs, lastSuccessAt: lastSuccessAt?.getTime() ?? null };
    });
  }

  async #durationsOf(selector: string | undefined): Promise<ReadonlyMap<string, number> | undefined> {
    const { readLastDurations } = await import('../dataemon/index.js');
    return this.#read((client) => readLastDurations(client, { ...this.place, selector }));
  }

  async #watchdog(durations: ReadonlyMap<string, number>): Promise<WatchdogSample> {
    const { readWatchdogFigures } = await import('../dataemon/index.js');
    const figures = await this.#read((client) => readWatchdogFigures(client, this.place));
    const [host, another] = figures?.hosts ?? [];
    const target = host === undefined || another !== undefined ? null : host;
    return { target, latencyMs: figures?.latencyMs ?? null, durations };
  }

  /** Undefined when the tables are not there yet. */
  async #ifThere<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      if (isOfMissingTable(classifyPostgresError(error, 'reading for metrics'))) return undefined;
      throw error;
    }
  }

  /** In a transaction that only reads. Undefined when the tables are not there yet. */
  async #read<Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result | undefined> {
    return this.#ifThere(async () => {
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
        throw error;
      }
    });
  }
}

/** By its last report, as CHT Watchdog's own query tells. */
function watchdogSource(standing: SourceStanding): WatchdogSource {
  const { source, sequence, pending, state } = standing;
  const { isFollowed } = sourceView(standing);
  const isAlive = state === null ? standing.ageMs < reportMs : isFollowed && followedStates.has(state);
  return { source, isStandby: false, up: isAlive, sequence, pending };
}

function storedSource({ source, parked, verification }: SourceStanding): StoredSource {
  if (verification === null) return { source, parked, verification };
  const { endedAt, compared, differences, remaining } = verification;
  return { source, parked, verification: { endedAt: endedAt.getTime(), compared, differences, remaining } };
}
