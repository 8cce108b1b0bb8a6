/** A metric with a line for each label set, computed from what is sampled. */
export interface MetricDefinition<S> {
  readonly kind: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  /** In the unit of the name; null when unknown, then there is no line. */
  readonly values: (sample: S) => readonly (readonly [Record<string, string>, number | null])[];
}
