import type { NodeResult } from './engine/engine.js';
import type { ModelGraph } from './manifest/graph.js';
import type { ModelStatus } from './status.js';

/** What is shown of each model. */
export class ModelBoard {
  #models = new Map<string, ModelStatus>();

  /** Takes the models of a package; what is known of those that stay is kept. */
  show(graph: ModelGraph, selected: Iterable<string>): void {
    const before = this.#models;
    this.#models = new Map();
    for (const id of selected) {
      const name = graph.get(id)?.name ?? id;
      this.#models.set(id, before.get(id) ?? { ...unknown, name });
    }
  }

  list(): ModelStatus[] {
    return [...this.#models.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  set(id: string, change: Partial<ModelStatus>): void {
    const model = this.#models.get(id);
    if (model !== undefined) this.#models.set(id, { ...model, ...change });
  }

  /** Takes over how models have ended. */
  finish(results: readonly NodeResult[], startedAt: Date): void {
    for (const { id, status, startedAt: at, durationMs, error } of results) {
      this.set(id, { status, error, durationMs, lastRunAt: (at ?? startedAt).toISOString() });
    }
  }

  /** Models were brought on as they stand; that they are to be built anew, or could not be, is shown as before. */
  broughtOn(results: readonly NodeResult[], startedAt: Date): void {
    for (const { id, status, startedAt: at, durationMs } of results) {
      if (status === 'ok') this.set(id, { durationMs, lastRunAt: (at ?? startedAt).toISOString() });
    }
  }

  /** Models that were built before this process began, and need not run. */
  rest(ids: Iterable<string>): void {
    for (const id of ids) if (this.#models.get(id)?.status === 'pending') this.set(id, { status: 'ok' });
  }

  /** One above them has failed. */
  skip(ids: readonly string[]): void {
    for (const id of ids) this.set(id, { status: 'skipped' });
  }

  /** A run has ended, maybe without a word about what was running. */
  abandon(ids: readonly string[]): void {
    for (const id of ids) if (this.#models.get(id)?.status === 'running') this.set(id, { status: 'pending' });
  }
}

const unknown: Omit<ModelStatus, 'name'> = {
  status: 'pending',
  rows: null,
  lastRunAt: null,
  durationMs: null,
  error: null,
};
