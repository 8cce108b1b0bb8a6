import { withAncestors, withDescendants, type ModelGraph } from '../manifest/graph.js';
import { movesOn } from './moves-on.js';

/** All that the next step depends on. */
export interface Situation {
  readonly graph: ModelGraph;
  readonly selected: ReadonlySet<string>;
  /** The models to build anew. */
  readonly stale: ReadonlySet<string>;
  /** Models that failed and whose pause is not over, and those that wait for others to be whole. */
  readonly waiting: readonly string[];
  /** The state of what a model reads, before it last ran well. */
  readonly reached: ReadonlyMap<string, string>;
  /** The state of what a model reads, now. */
  readonly target: (id: string) => string;
  /** Whether the last run was an increment: then a rebuild is next, else increments that keep coming would starve it. */
  readonly rebuildNext: boolean;
}

/** What a run does to tables: brings them on, or makes them anew. */
export type RunKind = 'increment' | 'full-refresh';

/** The next run. */
export interface Run {
  readonly kind: RunKind;
  readonly models: readonly string[];
}

/**
 * The next run, or undefined when there is nothing to do. A model runs when what it reads has moved on since it last ran
 * well, unless it, or one above it, waits for its next try. A model that is stale is built anew and else left alone; those
 * below it come in a run of their own, so that what is built by then outlives a restart, and nothing looks for a view that
 * has gone.
 */
export function decide(situation: Situation): Run | undefined {
  const { graph, selected, stale, waiting, reached, target, rebuildNext } = situation;
  const blocked = withDescendants(graph, waiting);
  const free = [...selected].filter((id) => graph.has(id) && !blocked.has(id));
  const isBelowStale = (id: string) =>
    [...withAncestors(graph, [id])].some((above) => above !== id && stale.has(above));
  const ready = free.filter((id) => !isBelowStale(id));
  const behind = ready.filter((id) => !stale.has(id) && movesOn(graph, id) && reached.get(id) !== target(id));
  const rebuild = ready.filter((id) => stale.has(id));
  if (rebuild.length > 0 && (rebuildNext || behind.length === 0)) return { kind: 'full-refresh', models: rebuild };
  return behind.length > 0 ? { kind: 'increment', models: behind } : undefined;
}
