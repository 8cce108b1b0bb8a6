import { buildOf, isTold, type BuiltModels, type BuiltRecord } from '../manifest/built-models.js';
import { differences, type FingerprintPart } from '../manifest/fingerprint.js';
import { readBy, withDescendants, type ModelGraph } from '../manifest/graph.js';

/**
 * Why a model is built anew: what of it has changed, that nobody knows how its last build ended, or that what it reads was made
 * anew without it.
 */
export type Reason = FingerprintPart | 'not finished' | 'made from another build';

/** How a package differs from what stands in the database. */
export interface PackageChanges {
  /** Models that were not built yet, or whose table is gone. */
  readonly added: readonly string[];
  readonly changed: ReadonlyMap<string, readonly Reason[]>;
  /** What is doubtful still, now that it is known which relations there are. */
  readonly doubtful: BuiltRecord['doubtful'];
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
  readonly record: BuiltRecord;
  /** The relations of the selected models that are in the database, by id: what tells one from the next of the same name. */
  readonly existing: ReadonlyMap<string, string>;
}

/**
 * Compares a package with what was built. Of models that others build, what counts is what their dataemon has built, which
 * may not have met this package yet.
 */
export function packageChanges({ record, existing, ...models }: PackageComparison): PackageChanges {
  const { graph, selected } = models;
  const { built } = record;
  const added: string[] = [];
  const changed = new Map<string, readonly Reason[]>();
  const isDoubtful = ([id, relation]: readonly [string, string | null]) =>
    selected.has(id) && (relation === null || relation !== existing.get(id));
  const doubtful = new Map([...record.doubtful].filter(isDoubtful));
  for (const [id, { fingerprint }] of graph) {
    if (!selected.has(id)) continue;
    const before = built.get(id);
    if (before === undefined || !existing.has(id)) added.push(id);
    else {
      const reasons: Reason[] = differences(before, fingerprint);
      if (doubtful.has(id)) reasons.push('not finished');
      if (isFromAnotherBuild(models, id, built)) reasons.push('made from another build');
      if (reasons.length > 0) changed.set(id, reasons);
    }
  }
  const below = withDescendants(graph, [...added, ...changed.keys()]);
  return {
    ...{ added, changed, doubtful },
    stale: new Set([...below].filter((id) => selected.has(id))),
  };
}

/** Those models of others that have been made anew since an earlier look; of which nobody tells any more, nothing is new. */
export function madeAnewByOthers(graph: ModelGraph, before: BuiltModels, now: BuiltModels): string[] {
  const anew = [...now].filter(([id, model]) => {
    const then = before.get(id) ?? graph.get(id)?.fingerprint;
    return then !== undefined && buildOf(then) !== buildOf(model);
  });
  return anew.map(([id]) => id);
}

/** The models of others that selected ones read. */
export function readOfOthers(models: Pick<SelectedModels, 'graph' | 'selected'>): Set<string> {
  const read = [...models.selected].flatMap((id) => [...readBy(models.graph, id)]);
  return new Set(read.filter((id) => !models.selected.has(id)));
}

/** Of which build is each model that a model reads, by id. */
export function readNow(models: SelectedModels, id: string, built: BuiltModels): Record<string, string> {
  return Object.fromEntries([...readBy(models.graph, id)].map((read) => [read, buildNow(models, read, built)]));
}

/** Whether something that a model reads is of another build than when the model was made from it. */
export function isFromAnotherBuild(models: SelectedModels, id: string, built: BuiltModels): boolean {
  const read = built.get(id)?.read;
  return Object.entries(readNow(models, id, built)).some(([parent, now]) => {
    // Who was built by medic/cht-sync v2 was so with all that it reads, but for what has been made anew since.
    if (read === undefined) return isTold(now);
    const then = read[parent];
    // That nobody tells of it any more is no news.
    return now !== then && !(then !== undefined && isTold(then) && !isTold(now));
  });
}

/** Of which build a model is; where no dataemon says so, it is taken for what the package makes. */
function buildNow({ graph, selected, builtByOthers }: SelectedModels, id: string, built: BuiltModels): string {
  const standing = (selected.has(id) ? built : builtByOthers).get(id) ?? graph.get(id)?.fingerprint;
  return standing === undefined ? '' : buildOf(standing);
}
