import { isSameBuild, type BuiltModel, type BuiltModels } from '../manifest/built-models.js';
import { differences, type FingerprintPart } from '../manifest/fingerprint.js';
import { withAncestors, withDescendants, type ModelGraph } from '../manifest/graph.js';

/** How a package differs from what stands in the database. */
export interface PackageChanges {
  /** Models that were not built yet, or whose table is gone. */
  readonly added: readonly string[];
  /** Models of which something has changed, and what; of those that other dataemons build, that they were made anew. */
  readonly changed: ReadonlyMap<string, readonly (FingerprintPart | 'made anew')[]>;
  /** Models that the package no longer has; their tables are left alone. */
  readonly removed: readonly string[];
  /**
   * The selected models to build anew: those added and changed, and all below them, because making a table anew drops
   * the foreign keys that point at it, and because what reads a changed table was computed from the old one.
   */
  readonly stale: ReadonlySet<string>;
}

/** The models of a package, and who builds them. */
export interface SelectedModels {
  readonly graph: ModelGraph;
  /** Those that this dataemon builds. */
  readonly selected: ReadonlySet<string>;
  /** What other dataemons have built, so far as they have said so. */
  readonly builtByOthers: BuiltModels;
}

/** What to compare. */
export interface PackageComparison extends SelectedModels {
  readonly built: BuiltModels;
  /** The selected models whose relation is in the database. */
  readonly existing: ReadonlySet<string>;
}

/**
 * Compares a package with what was built. Models that are not selected matter as far as selected ones read them: what
 * counts is what their dataemon has built, which may not have met this package yet.
 */
export function packageChanges({ built, existing, ...models }: PackageComparison): PackageChanges {
  const { graph, selected } = models;
  const added: string[] = [];
  const changed = new Map<string, readonly (FingerprintPart | 'made anew')[]>();
  for (const id of withAncestors(graph, selected)) {
    const model = graph.get(id);
    if (model === undefined) continue;
    const before = built.get(id);
    if (before === undefined || (selected.has(id) && !existing.has(id))) added.push(id);
    else if (selected.has(id)) {
      const parts = differences(before, model.fingerprint);
      if (parts.length > 0) changed.set(id, parts);
    } else if (!isSameBuild(before, standing(models, id) ?? before)) changed.set(id, ['made anew']);
  }
  const below = withDescendants(graph, [...added, ...changed.keys()]);
  return {
    added: added.filter((id) => selected.has(id)),
    changed,
    removed: [...built.keys()].filter((id) => !graph.has(id)),
    stale: new Set([...below].filter((id) => selected.has(id))),
  };
}

/** Those of the models that others build which are not what they were at an earlier look. */
export function madeAnewByOthers(models: SelectedModels, before: BuiltModels): string[] {
  const { graph, selected } = models;
  return [...withAncestors(graph, selected)].filter((id) => {
    const [then, now] = [standing({ ...models, builtByOthers: before }, id), standing(models, id)];
    return !selected.has(id) && then !== undefined && now !== undefined && !isSameBuild(then, now);
  });
}

/**
 * What stands in the database while `stale` is left to build. A stale model that has itself changed keeps the fingerprint
 * of the table that is there; one that is stale only because of others is left out: either way it is found stale again
 * after a restart. A model that others build counts as seen as it is now when nothing selected below it is stale.
 *
 * @param justBuilt - those that were made anew just now, `at` this time.
 */
export function builtNow(
  models: SelectedModels,
  before: BuiltModels,
  stale: ReadonlySet<string>,
  { justBuilt, at }: { readonly justBuilt: ReadonlySet<string>; readonly at: string },
): BuiltModels {
  const { graph, selected } = models;
  const aboveStale = withAncestors(graph, stale);
  const now = new Map<string, BuiltModel>();
  for (const id of withAncestors(graph, selected)) {
    const model = graph.get(id);
    const earlier = before.get(id);
    if (model === undefined) continue;
    if (!selected.has(id)) {
      const seen = aboveStale.has(id) ? earlier : standing(models, id);
      if (seen !== undefined) now.set(id, seen);
    } else if (justBuilt.has(id)) now.set(id, { ...model.fingerprint, builtAt: at });
    else if (!stale.has(id)) now.set(id, { ...model.fingerprint, builtAt: earlier?.builtAt });
    else if (earlier !== undefined && differences(earlier, model.fingerprint).length > 0) now.set(id, earlier);
  }
  return now;
}

/** What stands of a model that others build. Where no dataemon has said so, it is taken for what the package makes. */
function standing({ graph, builtByOthers }: SelectedModels, id: string): BuiltModel | undefined {
  return builtByOthers.get(id) ?? graph.get(id)?.fingerprint;
}
