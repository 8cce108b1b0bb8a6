import { withDescendants, type ModelGraph } from '../manifest/graph.js';

/** The models that are left to dbt: with each, all below it. */
export class LeftToDbt {
  readonly #ids = new Set<string>();

  constructor(private readonly graph: ModelGraph) {}

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    for (const left of withDescendants(this.graph, [id])) this.#ids.add(left);
  }

  addBelow(id: string): void {
    for (const left of withDescendants(this.graph, [id])) if (left !== id) this.#ids.add(left);
  }
}
