import { fingerprintOf, type Fingerprint } from './fingerprint.js';
import { keepsUp, takesAnyOrder } from './keeps-up.js';
import type { Manifest } from './manifest.js';
import { isPlannable } from './plannable.js';

/** A model, snapshot or seed: what has a relation in the database. */
export interface Model {
  /** dbt's unique id. */
  readonly id: string;
  readonly name: string;
  /** Its full name for `--select fqn:`. */
  readonly fqn: readonly string[];
  readonly schema: string;
  /** The relation's name. */
  readonly alias: string;
  readonly materialized: string;
  /** The models it reads, by id; through ephemeral ones, which have no relation. */
  readonly parents: readonly string[];
  /** Whether it has a watermark of cht_pipeline's kind. */
  readonly keepsUp: boolean;
  /** Whether it comes out the same in whatever order it meets what it reads. */
  readonly takesAnyOrder: boolean;
  /** Whether its increments may be carried out without dbt. */
  readonly plannable: boolean;
  readonly fingerprint: Fingerprint;
}

/** Models by id. */
export type ModelGraph = ReadonlyMap<string, Model>;

/** The models of a manifest, without ephemeral ones: these are part of those that read them. */
export function graphOf(manifest: Manifest): ModelGraph {
  const graph = new Map<string, Model>();
  for (const [id, model] of manifest.nodes) {
    if (model.config.materialized === 'ephemeral') continue;
    graph.set(id, {
      id,
      name: model.name,
      fqn: model.fqn,
      schema: model.schema,
      alias: model.alias,
      materialized: model.config.materialized,
      parents: [...parentsOf(manifest, model.depends_on.nodes)],
      keepsUp: keepsUp(model),
      takesAnyOrder: takesAnyOrder(model),
      plannable: isPlannable(manifest, model),
      fingerprint: fingerprintOf(manifest, model),
    });
  }
  return graph;
}

function parentsOf(manifest: Manifest, ids: readonly string[], found = new Set<string>()): Set<string> {
  for (const id of ids) {
    const node = manifest.nodes.get(id);
    if (node === undefined) continue;
    if (node.config.materialized === 'ephemeral') parentsOf(manifest, node.depends_on.nodes, found);
    else found.add(id);
  }
  return found;
}

/** The models given and all that read them, directly or not. */
export function withDescendants(graph: ModelGraph, ids: Iterable<string>): Set<string> {
  const children = new Map<string, string[]>();
  for (const model of graph.values()) {
    for (const parent of model.parents) children.set(parent, [...(children.get(parent) ?? []), model.id]);
  }
  return reach(ids, (id) => children.get(id) ?? []);
}

/** The models given and all that they read, directly or not. */
export function withAncestors(graph: ModelGraph, ids: Iterable<string>): Set<string> {
  return reach(ids, (id) => graph.get(id)?.parents ?? []);
}

/** What a model reads: itself, and through views, which hold nothing. */
export function readBy(graph: ModelGraph, id: string): Set<string> {
  const found = new Set<string>();
  const open = [id];
  for (let below = open.pop(); below !== undefined; below = open.pop()) {
    for (const parent of graph.get(below)?.parents ?? []) {
      if (found.has(parent) || !graph.has(parent)) continue;
      found.add(parent);
      if (graph.get(parent)?.materialized === 'view') open.push(parent);
    }
  }
  return found;
}

function reach(from: Iterable<string>, next: (id: string) => readonly string[]): Set<string> {
  const reached = new Set<string>();
  const open = [...from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    open.push(...next(id));
  }
  return reached;
}
