import { readBuiltByOthers } from './database/manifest-store.js';
import type { Session } from './database/session.js';
import { lastRunsOfOthers } from './database/standings.js';
import { readPositions, readRestarts, readWatermark, type Position } from './database/watermark.js';
import { withAncestors, type Model } from './manifest/graph.js';
import { modelsOf } from './model-runner.js';
import type { DataemonOptions } from './options.js';
import type { ReadyPackage } from './package/keeper.js';
import { readOfOthers } from './planner/changes.js';
import type { InputState } from './planner/model-state.js';

/** Reads how far is what models read: the documents, and other models. */
export class InputReader {
  constructor(
    private readonly options: Pick<DataemonOptions, 'schema' | 'rootSchema' | 'table' | 'selector'>,
    private readonly session: () => Promise<Session>,
  ) {}

  /** As it is now; undefined while there is no table of documents. */
  async read(current: ReadyPackage): Promise<InputState | undefined> {
    const { schema, rootSchema = schema, table } = this.options;
    const { graph, selected } = current;
    const now = await this.session();
    const watermark = await readWatermark(now, rootSchema, table);
    if (watermark === undefined) return undefined;
    const foreign = modelsOf(current, withAncestors(graph, selected)).filter(({ id }) => !selected.has(id));
    const inOrder = [...selected].filter((id) => graph.get(id)?.takesAnyOrder === false);
    const aboveThem = modelsOf(current, withAncestors(graph, inOrder));
    // Most dataemons build all that their models read, and have no model that would have to wait for another.
    const looked = [...new Set([...foreign, ...aboveThem])].filter(({ keepsUp }) => keepsUp);
    const positions = looked.length === 0 ? new Map<string, Position>() : await readPositions(now, schema, looked);
    return {
      watermark,
      filling: new Set([...positions].filter(([, { filled }]) => filled !== null).map(([id]) => id)),
      others: await this.#others(now, current, foreign, positions),
      builtByOthers: await readBuiltByOthers(now, this.options, foreign.length === 0 ? [] : [...readOfOthers(current)]),
    };
  }

  /**
   * What tells that others have changed something: of models with a watermark the watermark, which moves in the transaction
   * that changes their rows, and that ours have to look at everything again; of others, that they have run.
   */
  async #others(
    now: Session,
    current: ReadyPackage,
    foreign: readonly Model[],
    positions: ReadonlyMap<string, Position>,
  ): Promise<InputState['others']> {
    if (foreign.length === 0) return () => '';
    const { graph, selected } = current;
    const { schema } = this.options;
    const without = foreign.filter(({ keepsUp }) => !keepsUp).map(({ id }) => id);
    const runs = await lastRunsOfOthers(now, this.options, without);
    const own = modelsOf(current, selected).filter(({ keepsUp }) => keepsUp);
    const restarts = await readRestarts(now, schema, own);
    const isForeign = new Set(foreign.map(({ id }) => id));
    const stateOf = (id: string) => {
      const position = positions.get(id);
      return position === undefined ? (runs.get(id) ?? '') : `${position.watermark} ${position.filled}`;
    };
    return (id) => {
      const above = [...withAncestors(graph, [id])].filter((other) => isForeign.has(other)).sort();
      return above.length === 0 ? '' : [...above.map(stateOf), restarts.get(id) ?? ''].join();
    };
  }
}
