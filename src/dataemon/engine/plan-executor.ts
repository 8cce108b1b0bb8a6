import pg from 'pg';
import type { Clock } from '../../lib/index.js';
import {
  classifyPostgresError,
  clientConfig,
  noticeLostClient,
  sqlState,
  type PostgresConnection,
} from '../../postgres/index.js';
import type { Model, ModelGraph } from '../manifest/graph.js';
import type { NodeResult } from './engine.js';
import { LeftToDbt } from './left-to-dbt.js';
import type { Plan } from './plan.js';
import { restarts, UnchangedFeeds, type TouchedValues, type Watermarks } from './unchanged-feeds.js';

/** A relation that has to be the one it was when it was decided to read or write it. */
export interface ExpectedRelation {
  readonly schema: string;
  readonly name: string;
  /** PostgreSQL's number for it; null: there was none. */
  readonly oid: string | null;
}

/** A model whose increment can be carried out without dbt. */
export interface PlannedModel {
  readonly model: Model;
  readonly plan: Plan;
  /** What it is and reads, where that may be replaced meanwhile. */
  readonly relations: readonly ExpectedRelation[];
}

/** Connections, transactions, a full disk or memory, and operators' doings: no fault of a model. */
const passing = /^(08|25|40|57|53[0123])/;
/** A statement that took too long may be the model's fault. */
const cancelled = '57014';
const lockTimeout = '55P03';
/**
 * Shorter than PostgreSQL's `deadlock_timeout` of a second: where it and a rebuild of hours wait for each other's tables, it
 * is the increment that gives way, and comes again.
 */
const lockWaitMs = 500;
/** So often it comes again; then what is locked is left out. */
const lockTries = 4;
/** How much longer than the statement its answer is waited for: then the connection is dead. */
const answerGraceMs = 10_000;

/** Rows of all models. */
const largeIncrement = 500;

interface Opened {
  readonly is_first: boolean;
  readonly is_empty: boolean;
}
interface Applied {
  readonly rows: number;
  readonly restarted: boolean;
  readonly touched: TouchedValues;
}

const nothingToDo: Applied = { rows: 0, restarted: false, touched: {} };
const nothing = { status: 'ok', rowsAffected: 0, startedAt: null, durationMs: 0, error: null } as const;

/** A statement of a model has failed. */
class ModelFailed extends Error {
  override readonly name = 'ModelFailed';
  constructor(
    readonly id: string,
    override readonly cause: unknown,
  ) {
    super(id, { cause });
  }
}

/**
 * Carries out the increments of models by their plans, all in one transaction on a connection of its own: readers never see
 * one model further than another, and PostgreSQL plans each statement once.
 */
export class PlanExecutor {
  #client: pg.Client | undefined;

  constructor(
    private readonly connection: PostgresConnection,
    private readonly clock: Clock,
  ) {}

  /**
   * @param graph - all models.
   * @param models - the planned ones to bring on: those that are read before those that read them.
   * @returns those of which the increment is committed. Those that must not be brought on any more, because another table is in the
   *   place of theirs or of one that they read, are skipped. Only dbt can bring the others on, or say what is wrong with them.
   * @throws SyncError POSTGRES_* when nothing could be done, by no fault of the models.
   */
  async run(graph: ModelGraph, models: readonly PlannedModel[], timeoutMs: number): Promise<readonly NodeResult[]> {
    const left = new LeftToDbt(graph);
    for (let locked = 0; ;) {
      const todo = models.filter(({ model }) => !left.has(model.id));
      if (todo.length === 0) return [];
      const client = await this.#connected(timeoutMs);
      try {
        return await this.#transaction(client, todo, { timeoutMs, left, skipLocked: locked >= lockTries });
      } catch (thrown) {
        await this.#rollBack(client, thrown);
        const error = thrown instanceof ModelFailed ? thrown.cause : thrown;
        const isLocked = sqlState(error) === lockTimeout;
        if (isLocked) locked += 1;
        if (isLocked && locked < lockTries) continue;
        if (thrown instanceof ModelFailed && (isLocked || !isPassing(error))) left.add(thrown.id);
        else if (!isLocked) throw classifyPostgresError(error, 'bringing the models up to date');
      }
    }
  }

  /** Ends the connection, and what is under way on it. */
  async stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client === undefined) return;
    // PostgreSQL notices at its next write, and rolls back; a goodbye would wait behind the statement.
    const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection;
    stream.destroy();
    await client.end().catch(() => undefined);
  }

  async #transaction(
    client: pg.Client,
    models: readonly PlannedModel[],
    {
      timeoutMs,
      left,
      skipLocked,
    }: { readonly timeoutMs: number; readonly left: LeftToDbt; readonly skipLocked: boolean },
  ): Promise<NodeResult[]> {
    const results: NodeResult[] = [];
    await client.query(
      `BEGIN; SET LOCAL statement_timeout = ${Math.round(timeoutMs)}; SET LOCAL lock_timeout = ${lockWaitMs}`,
    );
    const watermarks = await this.#lock(client, models, skipLocked);
    for (const { model, plan } of models) {
      if (![plan.key, ...plan.ancestors].every((key) => watermarks.has(key))) left.add(model.id);
    }
    for (const { id, name } of await this.#replaced(client, models)) {
      left.add(id);
      results.push({ ...nothing, id, name, status: 'skipped' });
    }
    const still = new UnchangedFeeds(watermarks);
    for (const { model, plan } of models) {
      const { id, name } = model;
      if (left.has(id)) continue;
      const startedAt = this.clock.now();
      if (still.passOver(plan)) {
        results.push({ ...nothing, id, name });
        continue;
      }
      // What reads those that were passed over goes no further than they are.
      await this.#move(client, plan.watermarks, still.takePassedOver());
      const applied = await this.#increment(client, plan).catch((error: unknown) => {
        throw new ModelFailed(id, error);
      });
      if (applied === undefined) {
        left.add(id);
        continue;
      }
      if (applied.restarted) left.addBelow(id);
      still.note(plan.key, applied.rows, applied.touched);
      const durationMs = this.clock.now() - startedAt;
      const rowsAffected = applied.rows;
      results.push({
        ...{ id, name, status: 'ok', rowsAffected, durationMs, error: null },
        startedAt: new Date(startedAt),
      });
    }
    const [first] = models;
    if (first !== undefined) await this.#move(client, first.plan.watermarks, still.takePassedOver());
    await client.query('COMMIT');
    const rows = results.reduce((sum, { rowsAffected }) => sum + (rowsAffected ?? 0), 0);
    // A statement is planned for the first increment it meets; that of a large one would read whole tables for small ones.
    if (rows > largeIncrement) await client.query('DISCARD PLANS');
    return results;
  }

  /** Undefined when it is not for us to carry out. */
  async #increment(client: pg.Client, plan: Plan): Promise<Applied | undefined> {
    const opened = (await client.query<Opened>(plan.open)).rows[0];
    if (opened === undefined || opened.is_first) return undefined;
    if (opened.is_empty) return nothingToDo;
    return (await client.query<Applied>(plan.apply)).rows[0];
  }

  /**
   * Takes the rows of the table of watermarks, which are the locks, as `open_increment` does: what the models read first, so
   * that two runs seldom wait for each other.
   *
   * @returns the watermarks that are there and locked now, by key.
   */
  async #lock(client: pg.Client, models: readonly PlannedModel[], skipLocked: boolean): Promise<Watermarks> {
    const own = models.map(({ plan }) => plan.key);
    const read = [...new Set(models.flatMap(({ plan }) => plan.ancestors))].filter((key) => !own.includes(key));
    const locked = new Map<string, string>();
    const [first] = models;
    for (const [keys, strength] of [
      [read, 'SHARE'],
      [own, 'UPDATE'],
    ] as const) {
      if (keys.length === 0 || first === undefined) continue;
      const { rows } = await client.query<{ model: string; watermark: string }>(
        `SELECT model,
           CASE WHEN EXISTS (SELECT FROM ${first.plan.restarts} r WHERE r.model = w.model) THEN '${restarts}' ELSE saved_timestamp::text END AS watermark
         FROM ${first.plan.watermarks} w WHERE model = ANY($1)
         ORDER BY array_position($1, model) FOR ${strength} OF w${skipLocked ? ' SKIP LOCKED' : ''}`,
        [keys],
      );
      for (const { model, watermark } of rows) locked.set(model, watermark);
    }
    return locked;
  }

  /** Moves models on to where what they were passed over for is. */
  async #move(client: pg.Client, watermarks: string, to: ReadonlyMap<string, string>): Promise<void> {
    if (to.size === 0) return;
    await client.query(
      `UPDATE ${watermarks} AS w SET saved_timestamp = feed.saved_timestamp
       FROM unnest($1::text[], $2::text[]) AS moved (model, feed)
       JOIN ${watermarks} AS feed ON feed.model = moved.feed
       WHERE w.model = moved.model`,
      [[...to.keys()], [...to.values()]],
    );
  }

  /**
   * The models that are no longer what they were expected to be, or read what is not. Who puts another table in the place
   * of one takes its row of the table of watermarks before; so what is true under the locks stays so.
   */
  async #replaced(client: pg.Client, models: readonly PlannedModel[]): Promise<Model[]> {
    const expected = models.flatMap(({ model, relations }) =>
      relations.map((relation) => ({ ...relation, id: model.id })),
    );
    if (expected.length === 0) return [];
    const { rows } = await client.query<{ id: string }>(
      // From the tables themselves: what `to_regclass` knows may be older than the locks.
      `SELECT DISTINCT id FROM unnest($1::text[], $2::text[], $3::text[], $4::oid[]) AS expected (id, schema, name, oid)
       LEFT JOIN pg_namespace AS n ON n.nspname = expected.schema
       LEFT JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = expected.name
       WHERE c.oid IS DISTINCT FROM expected.oid`,
      [
        expected.map(({ id }) => id),
        expected.map(({ schema }) => schema),
        expected.map(({ name }) => name),
        expected.map(({ oid }) => oid),
      ],
    );
    const replaced = new Set(rows.map(({ id }) => id));
    return models.map(({ model }) => model).filter(({ id }) => replaced.has(id));
  }

  async #connected(timeoutMs: number): Promise<pg.Client> {
    if (this.#client !== undefined) return this.#client;
    const client = new pg.Client({
      ...clientConfig(this.connection, 'cht-sync dataemon increments'),
      query_timeout: timeoutMs + answerGraceMs,
    });
    const lose = () => {
      if (this.#client === client) this.#client = undefined;
    };
    client.on('error', lose);
    client.on('end', lose);
    try {
      await client.connect();
      await noticeLostClient(client);
      // Compiling a statement of a few milliseconds takes a hundred.
      await client.query('SET jit = off');
    } catch (error) {
      await client.end().catch(() => undefined);
      throw classifyPostgresError(error, 'connecting for the models');
    }
    this.#client = client;
    return client;
  }

  async #rollBack(client: pg.Client, error: unknown): Promise<void> {
    const isFromServer = (error instanceof ModelFailed ? error.cause : error) instanceof pg.DatabaseError;
    try {
      if (!isFromServer) throw error;
      await client.query('ROLLBACK');
    } catch {
      // Without an SQLSTATE the answer did not come from the server.
      if (this.#client === client) await this.stop();
    }
  }
}

function isPassing(error: unknown): boolean {
  const state = sqlState(error);
  return state === undefined || (passing.test(state) && state !== cancelled);
}
