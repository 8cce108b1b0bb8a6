/** What a metric is, for Prometheus and for docs/metrics.md. */
export interface MetricHead {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

/** A metric with a line for each label set, computed from what is sampled. */
export interface MetricDefinition<S> extends MetricHead {
  readonly kind: 'counter' | 'gauge';
  /** In the unit of the name; null when unknown, then there is no line. */
  readonly values: (sample: S) => readonly (readonly [Record<string, string>, number | null])[];
}

/** Milliseconds as Prometheus wants them. */
export function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

/** A line for each of the states there are: 1 for the one that is. */
export function oneOf<State extends string>(
  states: readonly State[],
  now: State,
  labels: Record<string, string>,
): (readonly [Record<string, string>, number])[] {
  return states.map((state) => [{ ...labels, state }, state === now ? 1 : 0]);
}
