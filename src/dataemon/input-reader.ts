import { lastChanges } from './database/records.js';
import type { Session } from './database/session.js';
import { readPositions, readWatermark } from './database/watermark.js';
import { withAncestors } from './manifest/graph.js';
import { modelsOf } from './model-runner.js';
import type { DataemonOptions } from './options.js';
import type { CurrentPackage } from './package/keeper.js';
import type { InputState } from './planner/model-state.js';

/** Reads how far is what models read: the documents, and other models. */
export class InputReader {
  constructor(
    private readonly options: Pick<DataemonOptions, 'schema' | 'rootSchema' | 'table'>,
    private readonly session: () => Promise<Session>,
  ) {}

  /** As it is now; undefined while there is no table of documents. */
  async read(current: CurrentPackage): Promise<InputState | undefined> {
    const { schema, rootSchema = schema, table } = this.options;
    const { graph, selected } = current;
    const now = await this.session();
    const watermark = await readWatermark(now, rootSchema, table);
    if (watermark === undefined) return undefined;
    const notOurs = [...withAncestors(graph, selected)].filter((id) => !selected.has(id));
    const changed = await lastChanges(now, schema, notOurs);
    const others = (id: string) => {
      const changes =
        changed.size === 0 ? [] : [...withAncestors(graph, [id])].map((above) => changed.get(above) ?? '');
      return changes.sort().at(-1) ?? '';
    };
    return { watermark, others, filling: await this.#filling(now, current) };
  }

  /** Asked for only where there are models that have to wait. */
  async #filling(now: Session, current: CurrentPackage): Promise<ReadonlySet<string>> {
    const { graph, selected } = current;
    const inOrder = [...selected].filter((id) => graph.get(id)?.takesAnyOrder === false);
    const above = modelsOf(current, withAncestors(graph, inOrder)).filter(({ keepsUp }) => keepsUp);
    if (above.length === 0) return new Set();
    const positions = await readPositions(now, this.options.schema, above);
    return new Set([...positions].filter(([, { filled }]) => filled !== null).map(([id]) => id));
  }
}
