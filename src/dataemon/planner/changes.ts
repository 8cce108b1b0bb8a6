import { differences, type Fingerprint, type FingerprintPart } from '../manifest/fingerprint.js';
import { withAncestors, withDescendants, type ModelGraph } from '../manifest/graph.js';
import type { BuiltModels } from '../manifest/built-models.js';

/** How a package differs from what stands in the database. */
export interface PackageChanges {
  /** Models that were not built yet, or whose table is gone. */
  readonly added: readonly string[];
  /** Models of which something has changed, and what. */
  readonly changed: ReadonlyMap<string, readonly FingerprintPart[]>;
  /** Models that the package no longer has; their tables are left alone. */
  readonly removed: readonly string[];
  /**
   * The selected models to build anew: those added and changed, and all below them, because making a table anew drops
   * the foreign keys that point at it, and because what reads a changed table was computed from the old one.
   */
  readonly stale: ReadonlySet<string>;
}

/** What to compare. */
export interface PackageComparison {
  readonly graph: ModelGraph;
  readonly selected: ReadonlySet<string>;
  readonly built: BuiltModels;
  /** The selected models whose relation is in the database. */
  readonly existing: ReadonlySet<string>;
}

/** Compares a package with what was built. Models that are not selected matter as far as selected ones read them. */
export function packageChanges({ graph, selected, built, existing }: PackageComparison): PackageChanges {
  const added: string[] = [];
  const changed = new Map<string, readonly FingerprintPart[]>();
  for (const id of withAncestors(graph, selected)) {
    const model = graph.get(id);
    if (model === undefined) continue;
    const before = built.get(id);
    if (before === undefined || (selected.has(id) && !existing.has(id))) added.push(id);
    else {
      const parts = differences(before, model.fingerprint);
      if (parts.length > 0) changed.set(id, parts);
    }
  }
  const below = withDescendants(graph, [...added, ...changed.keys()]);
  return {
    added: added.filter((id) => selected.has(id)),
    changed,
    removed: [...built.keys()].filter((id) => !graph.has(id)),
    stale: new Set([...below].filter((id) => selected.has(id))),
  };
}

/**
 * What stands in the database while `stale` is left to build. A stale model that has itself changed keeps the fingerprint
 * of the table that is there; one that is stale only because of others is left out: either way it is found stale again
 * after a restart. A model that others build counts as seen when nothing selected below it is stale.
 */
export function builtNow(
  graph: ModelGraph,
  selected: ReadonlySet<string>,
  built: BuiltModels,
  stale: ReadonlySet<string>,
): BuiltModels {
  const aboveStale = withAncestors(graph, stale);
  const now = new Map<string, Fingerprint>();
  for (const id of withAncestors(graph, selected)) {
    const model = graph.get(id);
    if (model === undefined) continue;
    const before = built.get(id);
    const isDone = selected.has(id) ? !stale.has(id) : !aboveStale.has(id);
    if (isDone) now.set(id, model.fingerprint);
    else if (before !== undefined && differences(before, model.fingerprint).length > 0) now.set(id, before);
  }
  return now;
}
