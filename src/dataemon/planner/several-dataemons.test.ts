import fc from 'fast-check';
import { expect, test } from 'vitest';
import { graphOf } from '../../../test/dataemon/support/graph.js';
import type { NodeResult } from '../engine/engine.js';
import { fromStored, merged, toStored } from '../manifest/built-models.js';
import type { ModelGraph } from '../manifest/graph.js';
import type { Run } from './decide.js';
import { ModelState, type InputState, type Outcome } from './model-state.js';

/** A table, and what it holds: its model's SQL over what the tables held that it was made from. */
interface Table {
  readonly relation: string;
  readonly holds: string;
}

/** What all dataemons share. */
class Database {
  readonly tables = new Map<string, Table>();
  /** The records of the selectors. */
  readonly #records = new Map<string, unknown>();
  #relations = 0;

  make(id: string, holds: string): void {
    this.#relations += 1;
    this.tables.set(id, { relation: String(this.#relations), holds });
  }

  relationsOf(ids: Iterable<string>): Map<string, string> {
    return new Map(
      [...ids].flatMap((id) => (this.tables.has(id) ? [[id, this.tables.get(id)!.relation] as const] : [])),
    );
  }

  write(selector: string, stored: unknown): void {
    this.#records.set(selector, JSON.parse(JSON.stringify(stored)));
  }

  read(selector: string) {
    const records = [...this.#records].map(([name, stored]) => ({ name, record: fromStored(stored)! }));
    const others = records.filter(({ name }) => name !== selector).map(({ record }) => record);
    return { record: merged(records.map(({ record }) => record)), builtByOthers: merged(others).built };
  }
}

const holding = (graph: ModelGraph, id: string, held: (id: string) => string): string => {
  const { fingerprint, parents } = graph.get(id)!;
  return `${fingerprint.sql}(${parents.map(held).join()})`;
};

/** One of several dataemons on the same database. Each of its steps may come long after the one before. */
class Dataemon {
  #state = new ModelState(() => 0.5);
  #graph: ModelGraph = new Map();
  #begun: { readonly run: Run; readonly inputs: InputState } | undefined;
  #outcome: Outcome | undefined;

  constructor(
    private readonly database: Database,
    private selected: ReadonlySet<string>,
  ) {}

  /** Dies, whatever is under way, and begins again with a package, and maybe with a selector that is not that of before. */
  restart(graph: ModelGraph, selected = this.selected): void {
    this.#state = new ModelState(() => 0.5);
    this.#begun = undefined;
    this.#outcome = undefined;
    this.selected = selected;
    this.adopt(graph);
  }

  adopt(graph: ModelGraph): void {
    if (this.#begun !== undefined) return;
    this.#graph = graph;
    const existing = this.database.relationsOf(this.selected);
    this.#state.use({ graph, selected: this.selected, existing, ...this.database.read(this.#selector) });
  }

  /**
   * @param failing - after how many models of a run it is cut short, if it is.
   * @returns whether there was anything to do.
   */
  step(now: number, failing = Infinity): boolean {
    const { builtByOthers } = this.database.read(this.#selector);
    this.#state.heed({ builtByOthers });
    if (this.#begun === undefined) {
      const inputs = {
        watermark: String(Math.floor(now / pause)),
        others: () => '',
        filling: new Set<string>(),
        builtByOthers,
      };
      const run = this.#state.next(inputs, now);
      if (run === undefined) return false;
      this.#begun = { run, inputs };
      if (run.kind === 'full-refresh') {
        this.#state.begin(run, this.database.relationsOf(run.models));
        this.#store();
      }
    } else if (this.#outcome === undefined) this.#outcome = this.#carryOut(this.#begun, failing);
    else {
      this.#state.finish(this.#outcome, now);
      // What is not stored then: the connection was lost.
      if (this.#begun.run.kind === 'full-refresh' && failing > 1) this.#store();
      this.#begun = undefined;
      this.#outcome = undefined;
    }
    return true;
  }

  get #selector(): string {
    return [...this.selected].join();
  }

  #store(): void {
    this.database.write(this.#selector, toStored(this.#state.record));
  }

  #carryOut({ run, inputs }: { readonly run: Run; readonly inputs: InputState }, failing: number): Outcome {
    const { tables } = this.database;
    const bad = new Set<string>();
    const ids = [...this.#graph.keys()].filter((id) => run.models.includes(id));
    for (const id of ids.slice(0, failing)) {
      const { parents } = this.#graph.get(id)!;
      if (parents.some((parent) => !tables.has(parent) || bad.has(parent))) bad.add(id);
      else {
        const whole = holding(this.#graph, id, (parent) => tables.get(parent)!.holds);
        if (run.kind === 'full-refresh') this.database.make(id, whole);
        else if (tables.get(id)?.holds !== whole) {
          tables.set(id, { relation: tables.get(id)!.relation, holds: 'rows of before and rows of now' });
        }
      }
    }
    const isCutShort = failing < ids.length;
    const models = isCutShort ? [ids[failing]!] : run.models;
    const results = models.map((id): NodeResult => {
      const isBad = isCutShort || bad.has(id);
      const told = { rowsAffected: 1, startedAt: null, durationMs: 5, error: isBad ? 'it failed' : null };
      return { id, name: id, status: isBad ? 'failed' : 'ok', ...told };
    });
    return { run: { ...run, models }, results, inputs, unfinished: new Set(), durationMs: 5 };
  }
}

/** Longer than any model that failed waits, in milliseconds; what happens in between does not move the watermark. */
const pause = 1e9;

const event = fc.record({
  what: fc.constantFrom('step', 'step', 'step', 'step', 'cut short', 'change', 'adopt', 'restart', 'restart all'),
  which: fc.nat(3),
});

test('whatever is changed, killed, handed over and brought back in whatever order, the tables end as one package makes them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.nat(20), { maxLength: 3 }), { minLength: 1, maxLength: 4 }),
      fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      fc.array(event, { minLength: 5, maxLength: 60 }),
      (shape, isOfFirst, events) => {
        const parents = shape.map((all, at) => all.filter((parent) => parent < at));
        const sql = parents.map(() => 'a');
        const ofFirst = [...isOfFirst];
        const graph = () => graphOf(parents.map((above, at) => [above, sql[at]!] as const));
        const ids = [...graph().keys()];
        const selection = (first: boolean) => new Set(ids.filter((_, at) => ofFirst[at] === first));
        const database = new Database();
        const both = [true, false].map((first) => new Dataemon(database, selection(first)));
        let now = 0;
        const settle = () => {
          now += pause;
          for (let idle = 0, steps = 0; idle < 2; steps += 1) {
            expect(steps).toBeLessThan(500);
            now += 1;
            idle = both[steps % 2]!.step(now) ? 0 : idle + 1;
          }
        };
        for (const dataemon of both) dataemon.restart(graph());
        settle();
        for (const { what, which } of events) {
          now += pause;
          const dataemon = both[which % 2]!;
          if (what === 'step') dataemon.step(now);
          else if (what === 'cut short') dataemon.step(now, which >> 1);
          else if (what === 'adopt') dataemon.adopt(graph());
          else if (what === 'restart') dataemon.restart(graph());
          else if (what === 'restart all') {
            ofFirst[which] = !ofFirst[which]!;
            for (const [at, each] of both.entries()) each.restart(graph(), selection(at === 0));
          } else sql[which % sql.length] = sql[which % sql.length] === 'a' ? 'b' : 'a';
        }
        // What is under way ends; then both have the package of now.
        settle();
        for (const dataemon of both) dataemon.adopt(graph());
        settle();
        const expected = new Map<string, string>();
        for (const id of ids)
          expected.set(
            id,
            holding(graph(), id, (parent) => expected.get(parent)!),
          );
        const held = Object.fromEntries([...database.tables].map(([id, { holds }]) => [id, holds]));
        expect(held).toEqual(Object.fromEntries(expected));
      },
    ),
    { numRuns: 500 },
  );
}, 60_000);
