import type { Counter, Histogram } from 'prom-client';
import type { DataemonSample } from './samples.js';

/** The metrics in which is counted. */
export interface DataemonCounters {
  readonly failures: Counter<'model'>;
  readonly errors: Counter<'code'>;
  readonly runs: Counter<'kind' | 'outcome'>;
  readonly rows: Counter;
  /** In seconds. */
  readonly durations: Histogram<'kind'>;
}

/** Counts what happens by looking at what stands: what is the same as at the last look has been counted. */
export class DataemonCounts {
  readonly #failedAt = new Map<string, number | null>();
  #run: string | undefined;
  #error: string | null = null;

  constructor(private readonly counters: DataemonCounters) {}

  look({ models, lastRun, error }: DataemonSample): void {
    const { failures, errors, runs, rows, durations } = this.counters;
    for (const { name, failed, lastRunAt } of models) {
      failures.inc({ model: name }, failed && this.#failedAt.get(name) !== lastRunAt ? 1 : 0);
      this.#failedAt.set(name, lastRunAt);
    }
    if (error !== null && error !== this.#error) errors.inc({ code: error });
    this.#error = error;
    if (lastRun === null || lastRun.id === this.#run) return;
    this.#run = lastRun.id;
    const { kind, failed, durationMs, rowsAffected } = lastRun;
    runs.inc({ kind, outcome: failed === 0 ? 'ok' : 'failed' });
    rows.inc(rowsAffected);
    durations.observe({ kind }, durationMs / 1000);
  }
}
