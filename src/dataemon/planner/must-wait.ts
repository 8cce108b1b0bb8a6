import { withAncestors, type ModelGraph } from '../manifest/graph.js';

/**
 * The models that must not run while others fill from the newest documents on: they read them, and would take what comes
 * first for the oldest there is.
 */
export function mustWait(
  graph: ModelGraph,
  selected: ReadonlySet<string>,
  filling: ReadonlySet<string>,
): readonly string[] {
  if (filling.size === 0) return [];
  return [...selected].filter(
    (id) =>
      graph.get(id)?.takesAnyOrder === false && [...withAncestors(graph, [id])].some((above) => filling.has(above)),
  );
}
