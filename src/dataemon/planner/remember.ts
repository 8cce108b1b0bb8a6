import type { BuiltModel, BuiltModels } from '../manifest/built-models.js';
import { differences } from '../manifest/fingerprint.js';
import { readBy } from '../manifest/graph.js';
import { readNow, type SelectedModels } from './changes.js';

/**
 * What is built when models have been built anew.
 *
 * @param at - when, in ISO 8601.
 */
export function rememberBuilt(
  models: SelectedModels,
  {
    built: before,
    justBuilt,
    stale,
  }: { readonly built: BuiltModels; readonly justBuilt: ReadonlySet<string>; readonly stale: ReadonlySet<string> },
  at: string,
): Map<string, BuiltModel> {
  const built = new Map(before);
  for (const id of justBuilt) {
    const model = models.graph.get(id);
    if (model === undefined) continue;
    const was = built.get(id);
    // A view holds nothing: for those that read it, it is the same as before.
    const isSame = model.materialized === 'view' && was && differences(was, model.fingerprint).length === 0;
    const builtAt = isSame === true ? was.builtAt : at;
    built.set(id, { ...model.fingerprint, builtAt, read: readNow(models, id, built) });
  }
  // What is well though something above it was made anew had only lost sight of it.
  for (const [id, model] of built) {
    const anew = [...readBy(models.graph, id)].filter((read) => justBuilt.has(read));
    if (stale.has(id) || justBuilt.has(id) || anew.length === 0) continue;
    const now = readNow(models, id, built);
    const followed = Object.fromEntries(anew.map((read) => [read, now[read] ?? '']));
    built.set(id, { ...model, read: { ...model.read, ...followed } });
  }
  return built;
}
