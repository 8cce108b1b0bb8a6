import { differences } from '../manifest/fingerprint.js';
import type { BuiltRecord } from '../manifest/built-models.js';
import { readBy, withAncestors, type Model } from '../manifest/graph.js';
import { isFromAnotherBuild, type SelectedModels } from './changes.js';

/** A package that was in use before, and of which tables may still stand. */
export type Predecessor = Pick<SelectedModels, 'graph' | 'selected'>;

/** All that it depends on which models of a package before can still be brought on. */
export interface Standing extends SelectedModels {
  readonly stale: ReadonlySet<string>;
  readonly record: BuiltRecord;
  /** The models that are being made anew now. */
  readonly rebuilding: ReadonlySet<string>;
  /** The relations of the package before, by id of the model: before that rebuild began, or now. */
  readonly existing: ReadonlyMap<string, string>;
}

/**
 * The models that the package of now has not built yet, and that stand as the one before has built them, from what it has
 * built: their increments are its own until then. So are those of models that the package of now no longer has, and that
 * they read.
 */
export function standingModels(now: Standing, before: Predecessor): ReadonlySet<string> {
  const models = { ...before, builtByOthers: now.builtByOthers };
  const makers = new Map([...now.graph.values()].map((model) => [relationOf(model), model.id]));
  const known = new Map<string, boolean>();
  const stands = (id: string): boolean => {
    const isKnown = known.get(id);
    if (isKnown !== undefined) return isKnown;
    const isOwn = before.selected.has(id);
    const isAsMade = () => isAsBuilt(now, before, id, makers) && !isFromAnotherBuild(models, id, now.record.built);
    const does = (!isOwn || isAsMade()) && [...readBy(before.graph, id)].every(stands);
    known.set(id, does);
    return does;
  };
  const standing = [...before.selected].filter((id) => now.stale.has(id) && stands(id));
  const read = [...withAncestors(before.graph, standing)];
  return new Set([...standing, ...read.filter((id) => before.selected.has(id) && !now.selected.has(id))]);
}

function isAsBuilt(
  { graph, record, rebuilding, existing }: Standing,
  before: Predecessor,
  id: string,
  makers: ReadonlyMap<string, string>,
): boolean {
  const [then, built] = [before.graph.get(id), record.built.get(id)];
  if (then === undefined || built === undefined || !existing.has(id)) return false;
  if (differences(built, then.fingerprint).length > 0) return false;
  const maker = makers.get(relationOf(then));
  if (maker === undefined) return true;
  // Another model may have made it, or a rebuild that was begun may.
  const doubt = record.doubtful.get(id);
  if (maker !== id || (doubt !== undefined && doubt !== existing.get(id))) return false;
  // Who swaps such a table takes its row of dbt_watermark before that, as who brings it on by a plan does.
  return !rebuilding.has(id) || (then.keepsUp && graph.get(id)?.keepsUp === true);
}

function relationOf({ schema, alias }: Model): string {
  return JSON.stringify([schema, alias]);
}
