import { expect, vi } from 'vitest';
import { createCouch2pg, type Couch2pg, type SourceStatus } from '../../../src/couch2pg/index.js';
import { createLog, systemClock } from '../../../src/lib/index.js';
import { Command, type LogLine } from '../../support/command.js';
import { createTestCouchDb, type TestCouchDatabase, type TestCouchDb } from '../../support/couchdb.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { Disposables } from '../../support/disposables.js';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.js';
import { couchDbVariables, postgresVariables } from '../../end-to-end/support/environment.js';
import { untilTableEquals, type TableOptions, type TableRow } from '../../end-to-end/support/table.js';
import { CouchDbProxy } from './couchdb-proxy.js';
import { PostgresProxy } from './postgres-proxy.js';

/** What a scene may be made of instead of its own. */
export interface SceneOptions {
  readonly couchdb?: TestCouchDb;
  readonly database?: TestDatabase;
  /** The databases that are followed. */
  readonly sources?: number;
}

/** A couch2pg in this process. */
export interface Instance extends AsyncDisposable {
  readonly couch2pg: Couch2pg;
  /** What it has logged, from `info` on. */
  readonly lines: readonly LogLine[];
  /** How its first source stands. */
  status(): SourceStatus;
  /** Waits until its first source is in a state. */
  until(state: SourceStatus['state']): Promise<void>;
  /** Waits until it has logged an error; gives the lines, of this code, that it has logged so far. */
  tells(code: RegExp): Promise<LogLine[]>;
}

/** How an instance is to be. */
export interface InstanceOptions {
  readonly heartbeatMs?: number;
  readonly batchRows?: number;
  readonly liveFeed?: 'continuous' | 'longpoll';
  /** How long a statement may take to be answered before its connection counts as dead. */
  readonly answerTimeoutMs?: number;
}

const heartbeatMs = 300;
const pauses = { firstMs: 50, longestMs: 200, lookMs: 1_000, standbyMs: 100 };
const answerTimeoutMs = 20_000;
const couchdbAnswerTimeoutMs = 1_000;
const soon = { timeout: 60_000, interval: 20 };

/** CouchDB, PostgreSQL, a proxy before each, and what runs between them. */
export class Scene implements AsyncDisposable {
  readonly #stack = new Disposables();

  private constructor(
    readonly couchdb: TestCouchDb,
    readonly couchdbProxy: CouchDbProxy,
    readonly database: TestDatabase,
    readonly postgresProxy: PostgresProxy,
    readonly sources: readonly TestCouchDatabase[],
    private readonly folder: TemporaryFolder,
    held: Disposables,
  ) {
    this.#stack.use(held);
  }

  static async open(options: SceneOptions = {}): Promise<Scene> {
    const held = new Disposables();
    const couchdb = options.couchdb ?? held.use(await createTestCouchDb());
    const database = options.database ?? held.use(await createTestDatabase());
    const sources: TestCouchDatabase[] = [];
    for (let n = 0; n < (options.sources ?? 1); n += 1) sources.push(await couchdb.createDatabase());
    const couchdbProxy = held.use(await CouchDbProxy.start(couchdb));
    const postgresProxy = held.use(await PostgresProxy.start(database));
    const folder = held.use(await createTemporaryFolder());
    return new Scene(couchdb, couchdbProxy, database, postgresProxy, sources, folder, held);
  }

  /** The first of the databases. */
  get source(): TestCouchDatabase {
    return this.sources[0]!;
  }

  /** Starts couch2pg in this process. */
  start(options: InstanceOptions = {}): Instance {
    const stop = new AbortController();
    const lines: LogLine[] = [];
    const { url, user, password } = this.couchdbProxy.before(this.couchdb);
    const couch2pg = createCouch2pg({
      couchdb: [
        {
          url,
          credentials: { user, password },
          databases: this.sources.map(({ name }) => name),
          liveFeed: options.liveFeed ?? 'continuous',
          heartbeatMs: options.heartbeatMs ?? heartbeatMs,
          answerTimeoutMs: couchdbAnswerTimeoutMs,
        },
      ],
      postgres: {
        connection: {
          ...this.postgresProxy.before(this.database).connection,
          answerTimeoutMs: options.answerTimeoutMs ?? answerTimeoutMs,
        },
        schema: 'v1',
        table: 'couchdb',
      },
      batch: { rows: options.batchRows ?? 100, bytes: 1_000_000, lingerMs: 10 },
      pauses,
      clock: systemClock,
      random: Math.random,
      log: createLog({
        ...{ level: 'info', format: 'json', secrets: [] },
        destination: { write: (line) => void lines.push(JSON.parse(line) as LogLine) },
      }),
    });
    const running = couch2pg.run(stop.signal);
    const status = () => couch2pg.status()[0]!;
    return this.#stack.use({
      couch2pg,
      lines,
      status,
      until: (state) => vi.waitFor(() => expect(status().state).toBe(state), soon),
      tells: (code) =>
        vi.waitFor(() => {
          const told = lines.filter((line) => line.code !== undefined && code.test(line.code));
          expect(told).not.toEqual([]);
          return told;
        }, soon),
      [Symbol.asyncDispose]: async () => {
        stop.abort();
        await running;
        expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
      },
    });
  }

  /** Starts the real command as a process of its own. */
  command(env: Readonly<Record<string, string>> = {}): Command {
    const couchdb = couchDbVariables(this.couchdbProxy.before(this.couchdb), this.sources);
    const postgres = postgresVariables(this.postgresProxy.before(this.database));
    return this.#stack.use(
      new Command(['couch2pg'], { folder: this.folder.path, env: { ...couchdb, ...postgres, ...env } }),
    );
  }

  /** Waits until the table holds exactly what CouchDB has; gives its rows. */
  caughtUp(options: TableOptions = {}): Promise<TableRow[]> {
    return untilTableEquals(this.database, this.couchdb, this.sources, { timeout: soon.timeout, ...options });
  }

  /** Ends all faults. */
  heal(): void {
    this.couchdbProxy.heal();
    this.postgresProxy.forget();
    this.postgresProxy.tcp.heal();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.heal();
    await this.#stack[Symbol.asyncDispose]();
  }
}
