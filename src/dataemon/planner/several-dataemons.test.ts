import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NodeResult } from '../engine/engine.js';
import { fromStored, ownModels, toStored } from '../manifest/built-models.js';
import type { ModelGraph } from '../manifest/graph.js';
import type { Run } from './decide.js';
import { ModelState, type InputState } from './model-state.js';
import { graphOf } from '../../../test/dataemon/support/graph.js';

/** What a table holds: its model's SQL over what the tables held that it was made from. */
type Tables = Map<string, string>;

const content = (graph: ModelGraph, id: string, held: (id: string) => string): string => {
  const { fingerprint, parents } = graph.get(id)!;
  return `${fingerprint.sql}(${parents.map(held).join()})`;
};

/** One of several dataemons on the same database. Each of its steps may come long after the one before. */
class Dataemon {
  #state = new ModelState(() => 0.5);
  #stored: unknown;
  #graph: ModelGraph = new Map();
  #begun: { readonly run: Run; readonly inputs: InputState } | undefined;
  #results: NodeResult[] | undefined;

  constructor(
    private readonly tables: Tables,
    readonly selected: ReadonlySet<string>,
  ) {}

  /** What others see of it. */
  get built(): unknown {
    return this.#stored === undefined
      ? undefined
      : (JSON.parse(JSON.stringify(this.#stored)) as { models: object }).models;
  }

  /** Dies, whatever is under way, and begins again with a package. */
  restart(graph: ModelGraph, other: Dataemon): void {
    this.#state = new ModelState(() => 0.5);
    this.#begun = undefined;
    this.#results = undefined;
    this.adopt(graph, other);
  }

  adopt(graph: ModelGraph, other: Dataemon): void {
    if (this.#begun !== undefined) return;
    this.#graph = graph;
    this.#state.use({
      graph,
      selected: this.selected,
      built: fromStored(this.#stored) ?? new Map<string, never>(),
      builtByOthers: saidBy(other),
      existing: new Set([...this.selected].filter((id) => this.tables.has(id))),
    });
  }

  /** @returns whether there was anything to do. */
  step(now: number, other: Dataemon): boolean {
    if (this.#begun === undefined) {
      const inputs = {
        watermark: String(now),
        others: () => '',
        filling: new Set<string>(),
        builtByOthers: saidBy(other),
      };
      this.#state.heed(inputs);
      const run = this.#state.next(inputs, now);
      if (run === undefined) return false;
      this.#begun = { run, inputs };
      if (run.kind === 'full-refresh') this.#store(run.models);
    } else if (this.#results === undefined) {
      // Meanwhile it looks at what there is to do beside.
      this.#state.heed({ builtByOthers: saidBy(other) });
      this.#results = this.#carryOut(this.#begun.run);
    } else {
      const outcome = { ...this.#begun, results: this.#results, unfinished: new Set<string>(), durationMs: 5 };
      this.#state.finish(outcome, now);
      this.#store([]);
      this.#begun = undefined;
      this.#results = undefined;
    }
    return true;
  }

  #store(underWay: readonly string[]): void {
    this.#stored = toStored({ built: this.#state.built, own: this.selected, underWay });
  }

  #carryOut({ kind, models }: Run): NodeResult[] {
    const bad = new Set<string>();
    return [...this.#graph.keys()]
      .filter((id) => models.includes(id))
      .map((id) => {
        const { parents } = this.#graph.get(id)!;
        if (parents.some((parent) => !this.tables.has(parent) || bad.has(parent))) bad.add(id);
        else {
          const whole = content(this.#graph, id, (parent) => this.tables.get(parent)!);
          const isMixed = kind === 'increment' && this.tables.get(id) !== whole;
          this.tables.set(id, isMixed ? 'rows of before and rows of now' : whole);
        }
        const status = bad.has(id) ? 'failed' : 'ok';
        const error = bad.has(id) ? 'relation does not exist' : null;
        return { id, name: id, status, rowsAffected: 1, startedAt: null, durationMs: 5, error };
      });
  }
}

function saidBy(other: Dataemon) {
  return ownModels(Object.entries(other.built ?? {}));
}

const event = fc.record({
  what: fc.constantFrom('step', 'step', 'step', 'step', 'change', 'adopt', 'restart'),
  which: fc.nat(3),
});

test('whatever is changed, killed and brought back in whatever order, the tables of two dataemons end as one package makes them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.nat(20), { maxLength: 3 }), { minLength: 1, maxLength: 4 }),
      fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      fc.array(event, { minLength: 5, maxLength: 60 }),
      (shape, ofFirst, events) => {
        const parents = shape.map((all, at) => all.filter((parent) => parent < at));
        const sql = parents.map(() => 'a');
        const graph = () => graphOf(parents.map((above, at) => [above, sql[at]!] as const));
        const ids = [...graph().keys()];
        const tables: Tables = new Map();
        const both = [true, false].map(
          (first) => new Dataemon(tables, new Set(ids.filter((_, at) => ofFirst[at] === first))),
        );
        const [one, two] = both as [Dataemon, Dataemon];
        const others = new Map([
          [one, two],
          [two, one],
        ]);
        let now = 0;
        const settle = () => {
          now += 1e9;
          for (let idle = 0, steps = 0; idle < 2; steps += 1) {
            expect(steps).toBeLessThan(500);
            const dataemon = both[steps % 2]!;
            idle = dataemon.step(now, others.get(dataemon)!) ? 0 : idle + 1;
          }
        };
        for (const dataemon of both) dataemon.restart(graph(), others.get(dataemon)!);
        settle();
        for (const { what, which } of events) {
          now += 1e9;
          const dataemon = both[which % 2]!;
          const other = others.get(dataemon)!;
          if (what === 'step') dataemon.step(now, other);
          else if (what === 'adopt') dataemon.adopt(graph(), other);
          else if (what === 'restart') dataemon.restart(graph(), other);
          else sql[which % sql.length] = sql[which % sql.length] === 'a' ? 'b' : 'a';
        }
        // What is under way ends; then both have the package of now.
        settle();
        for (const dataemon of both) dataemon.adopt(graph(), others.get(dataemon)!);
        settle();
        const expected = new Map<string, string>();
        for (const id of ids)
          expected.set(
            id,
            content(graph(), id, (parent) => expected.get(parent)!),
          );
        expect(Object.fromEntries(tables)).toEqual(Object.fromEntries(expected));
      },
    ),
    { numRuns: 500 },
  );
}, 60_000);
