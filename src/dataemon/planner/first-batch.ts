import type { Run } from './decide.js';

/**
 * How tables are made anew. With batches, those that are not there yet begin with one, so that dashboards fill from then on; of those
 * that are there, which somebody may read, the next run makes whole ones.
 *
 * @param existing - the relations that are there, by id.
 * @param batchSize - the most documents that are taken at once; 0: all.
 */
export function inFirstBatch(
  run: Run,
  existing: ReadonlyMap<string, string>,
  batchSize: number,
): { readonly run: Run; readonly kind: 'full-refresh' | 'first-batch' } {
  const missing = run.models.filter((id) => !existing.has(id));
  if (batchSize === 0 || missing.length === 0) return { run, kind: 'full-refresh' };
  return { run: { ...run, models: missing }, kind: 'first-batch' };
}
