import type { ModelGraph } from '../manifest/graph.js';

/** Materializations that leave the relation in place when they run, and with it the views on it. */
const keptInPlace = new Set(['incremental', 'snapshot', 'seed']);

/**
 * Whether a model has to run when what it reads has moved on. A seed reads nothing. A view shows what is below it by
 * itself; but one that reads a table that is made anew in each run goes with the old one, and has to be made again, too.
 */
export function movesOn(graph: ModelGraph, id: string): boolean {
  const model = graph.get(id);
  if (model?.materialized === 'seed') return false;
  return model?.materialized !== 'view' || model.parents.some((parent) => isReplaced(graph, parent));
}

function isReplaced(graph: ModelGraph, id: string): boolean {
  const model = graph.get(id);
  return model !== undefined && !keptInPlace.has(model.materialized) && movesOn(graph, id);
}
