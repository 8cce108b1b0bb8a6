import { randomUUID } from 'node:crypto';
import { messageOf, SyncError, type Clock } from '../lib/index.js';
import { tellOthers } from './database/models-channel.js';
import { pruneRecords, writeRecord, type RunRecord } from './database/records.js';
import type { Session } from './database/session.js';
import { writeModels, writeStandings, type Standing } from './database/standings.js';
import { isConnectionLoss, isInterrupted } from './engine/connection-loss.js';
import type { NodeResult } from './engine/engine.js';
import type { Model } from './manifest/graph.js';
import type { DataemonOptions } from './options.js';
import type { Run } from './planner/decide.js';
import type { ModelState } from './planner/model-state.js';
import { failedResults } from './run-error.js';
import type { LastRun } from './status.js';

/** What the book is kept with. */
export interface RunBookOptions extends Pick<DataemonOptions, 'schema' | 'selector'> {
  readonly models: Pick<ModelState, 'reachedBy' | 'retryAt'>;
  readonly clock: Clock;
}

const pruneEveryMs = 3_600_000;
/** Increments that go well share a record for so long. */
const recordMs = 60_000;
/** A failure that repeats in the same words, too. */
const failureRecordMs = 3_600_000;
/** How the models stand is written at most so often while all is well: there may be twenty increments a second. */
const standingsEveryMs = 2_000;
/** How many records are kept while the database cannot be reached. */
const mostUnwritten = 100;

/** Writes down how runs have ended, and how each model stands; what cannot be written now is written later. */
export class RunBook {
  #lastPruned = -Infinity;
  #lastStandings = -Infinity;
  #shared = { id: '', until: -Infinity };
  #failure = { id: '', words: '', until: -Infinity };
  #unwritten: RunRecord[] = [];
  readonly #changed = new Map<string, Standing>();

  constructor(private readonly options: RunBookOptions) {}

  /** Takes over the models of a package. To be called in each session before anything is recorded in it. */
  async open(
    session: Session,
    models: readonly Model[],
    stale: ReadonlySet<string>,
    resting: ReadonlySet<string> = new Set(),
  ): Promise<void> {
    await writeModels(session, this.options, models, { stale, resting });
    await this.#writeRecords(session);
    await this.#writeStandings(session);
  }

  /**
   * A run has ended; the state of the models tells of it already.
   *
   * @param isStanding - it was of models that stand as a package before has built them.
   */
  async record(session: Session, last: LastRun, results: readonly NodeResult[], isStanding = false): Promise<void> {
    const startedAt = new Date(last.startedAt);
    for (const result of results) {
      if (isInterrupted(result)) continue;
      if (isStanding) this.#goesOn(result, result.startedAt ?? startedAt);
      else this.#stands(result, result.startedAt ?? startedAt);
    }
    this.#keep({ id: this.#recordOf(last, results), kind: last.kind, startedAt, nodes: results });
    await this.#writeRecords(session);
    const isTelling = last.kind === 'full-refresh' || results.some(({ status }) => status !== 'ok');
    if (isTelling) await this.#writeStandings(session);
    else await this.write(session);
    await this.#tell(session);
  }

  /**
   * A run has not ended as runs end: dbt hung, died or refused. What is known is written when the next session begins.
   *
   * @param running - the ids of the models that were under way.
   */
  failed(run: Run, running: readonly string[], startedAt: Date, thrown: unknown): void {
    const words = messageOf(thrown);
    if (isConnectionLoss(words) || (thrown instanceof SyncError && thrown.code.startsWith('POSTGRES'))) return;
    const now = this.options.clock.now();
    if (this.#failure.words !== words || now >= this.#failure.until) {
      this.#failure = { id: randomUUID(), words, until: now + failureRecordMs };
    }
    const durationMs = now - startedAt.getTime();
    const nodes = failedResults(running.length > 0 ? running : run.models, { startedAt, durationMs, words });
    for (const node of nodes) this.#stands(node, startedAt);
    this.#keep({ id: this.#failure.id, kind: run.kind, startedAt, nodes });
  }

  /**
   * Writes how the models stand, unless that was done just now.
   *
   * @returns when to write what is left, in the clock's milliseconds; undefined when nothing is.
   */
  async write(session: Session): Promise<number | undefined> {
    if (this.#changed.size === 0) return undefined;
    const due = this.#lastStandings + standingsEveryMs;
    if (this.options.clock.now() < due) return due;
    await this.#writeStandings(session);
    await this.#tell(session);
    return undefined;
  }

  #stands({ id, status, error }: NodeResult, at: Date): void {
    const { models } = this.options;
    const retryAt = status === 'failed' ? models.retryAt(id) : undefined;
    this.#changed.set(id, {
      ...{ model: id, status, at, error },
      reached: (status === 'ok' ? models.reachedBy(id) : undefined) ?? null,
      retryAt: retryAt === undefined ? null : new Date(retryAt),
    });
  }

  /** What is said of the model stays as it is, but for how far it is. */
  #goesOn({ id, status, error }: NodeResult, at: Date): void {
    if (status !== 'ok') return;
    const reached = this.options.models.reachedBy(id) ?? null;
    const unwritten = this.#changed.get(id);
    this.#changed.set(
      id,
      unwritten ? { ...unwritten, reached } : { model: id, status: null, at, error, reached, retryAt: null },
    );
  }

  #keep(record: Omit<RunRecord, 'selector'>): void {
    const { selector } = this.options;
    this.#unwritten = [...this.#unwritten, { ...record, selector }].slice(-mostUnwritten);
  }

  async #writeRecords(session: Session): Promise<void> {
    const { schema, clock } = this.options;
    for (let record = this.#unwritten[0]; record !== undefined; record = this.#unwritten[0]) {
      await writeRecord(session, schema, record);
      this.#unwritten.shift();
    }
    if (clock.now() - this.#lastPruned < pruneEveryMs) return;
    await pruneRecords(session, schema);
    this.#lastPruned = clock.now();
  }

  async #writeStandings(session: Session): Promise<void> {
    if (this.#changed.size === 0) return;
    await writeStandings(session, this.options, [...this.#changed.values()]);
    this.#changed.clear();
    this.#lastStandings = this.options.clock.now();
  }

  /** A dataemon of all models has nobody to tell. */
  async #tell(session: Session): Promise<void> {
    if (this.options.selector !== undefined) await tellOthers(session, this.options);
  }

  #recordOf({ id, kind }: LastRun, results: readonly NodeResult[]): string {
    const now = this.options.clock.now();
    if (kind === 'full-refresh' || results.some(({ status }) => status !== 'ok')) return id;
    if (now >= this.#shared.until) this.#shared = { id, until: now + recordMs };
    return this.#shared.id;
  }
}
