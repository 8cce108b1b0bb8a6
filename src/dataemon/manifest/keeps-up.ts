import type { ManifestModel } from './manifest.js';

/** The hooks of a model that keeps up as those of cht_pipeline do. */
export const knownHooks: readonly string[] = [
  '{{ cht_pipeline.open_increment() }}',
  '{{ cht_pipeline.close_increment() }}',
];

/** Materializations that make all rows anew in each run, or read nothing. */
const anew = new Set(['view', 'materialized_view', 'table', 'seed']);

/** Whether a model keeps up as those of cht_pipeline do: it is told which changes to take, and takes them by document. */
export function keepsUp({ config }: ManifestModel): boolean {
  const { materialized, incremental_strategy: strategy, hooks } = config;
  return materialized === 'incremental' && strategy === 'upsert' && knownHooks.every((hook) => hooks.includes(hook));
}

/**
 * Whether a model comes out the same in whatever order it meets what it reads. Any other may, as hand-written incremental
 * models do, take only what is newer than all that it has.
 */
export function takesAnyOrder(model: ManifestModel): boolean {
  return keepsUp(model) || anew.has(model.config.materialized);
}
