import fc from 'fast-check';
import { expect, test } from 'vitest';
import { graphOf } from '../../../test/dataemon/support/graph.js';
import type { NodeResult } from '../engine/engine.js';
import { fromStored, merged, toStored } from '../manifest/built-models.js';
import { withAncestors, type ModelGraph } from '../manifest/graph.js';
import type { Run } from './decide.js';
import { ModelState, type InputState, type Outcome } from './model-state.js';
import type { Predecessor } from './standing.js';
import { StandingState } from './standing-state.js';

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

const done = { rowsAffected: 1, startedAt: null, durationMs: 5, error: null };

/** One of several dataemons on the same database. Each of its steps may come long after the one before. */
class Dataemon {
  #state = new ModelState(() => 0.5);
  #standing = new StandingState(this.#state, () => 0.5);
  #graph: ModelGraph = new Map();
  #predecessors: readonly Predecessor[] = [];
  #begun:
    { readonly run: Run; readonly inputs: InputState; readonly relations: ReadonlyMap<string, string> } | undefined;
  #outcome: Outcome | undefined;
  #committed: readonly string[] = [];
  /** How often models of packages before were brought on. */
  broughtOn = 0;

  constructor(
    private readonly database: Database,
    private selected: ReadonlySet<string>,
  ) {}

  /** Dies, whatever is under way, and begins again with a package, and maybe with a selector that is not that of before. */
  restart(graph: ModelGraph, selected = this.selected): void {
    this.#state = new ModelState(() => 0.5);
    this.#standing = new StandingState(this.#state, () => 0.5);
    this.#begun = undefined;
    this.#outcome = undefined;
    // A selector has a folder of its own.
    if (selected !== this.selected) this.#predecessors = [];
    else this.#precede();
    this.selected = selected;
    this.#graph = new Map();
    this.adopt(graph);
  }

  adopt(graph: ModelGraph): void {
    if (this.#begun !== undefined) return;
    this.#precede();
    this.#graph = graph;
    const existing = this.database.relationsOf(this.selected);
    const { selected } = this;
    this.#state.use({ graph, selected, existing, ...this.database.read(this.#selector) }, this.#predecessors);
    this.#predecessors = this.#predecessors.filter((before) => this.#standing.of({ ...before, existing }).size > 0);
  }

  update(graph: ModelGraph, now: number): void {
    this.#endIncrement(now);
    this.adopt(graph);
  }

  #precede(): void {
    if (this.#graph.size === 0) return;
    this.#predecessors = [{ graph: this.#graph, selected: this.selected }, ...this.#predecessors];
  }

  /**
   * Brings on, as by plans, what is not to be built anew, and then what stands by packages before.
   *
   * @param meanwhile - what happens between the decision and the deed.
   * @returns the models of which the table was not that of their package, though it was the expected one. What others have made
   *   anew, and not said so yet, is no matter: then they are built anew.
   */
  stepOfPredecessors(now: number, meanwhile: () => void): readonly string[] {
    const { tables } = this.database;
    this.#endIncrement(now);
    const inputs = this.#inputs(now);
    this.#state.heed(inputs);
    const next = this.#begun ? this.#state.nextIncrement(inputs, now) : this.#state.next(inputs, now);
    if (next?.kind === 'increment') this.#state.finish(this.#carryOut({ run: next, inputs }, Infinity), now);
    const wrong: string[] = [];
    for (const before of this.#predecessors) {
      const { graph, selected } = before;
      const existing = this.#begun?.relations ?? this.database.relationsOf(graph.keys());
      const run = this.#standing.next({ ...before, existing, inputs }, inputs, now, new Set(this.#begun?.run.models));
      if (run === undefined) continue;
      meanwhile();
      const isExpected = (id: string) => tables.get(id)?.relation === existing.get(id);
      const models = run.models.filter((id) => [id, ...graph.get(id)!.parents].every(isExpected));
      const results = models.map((id): NodeResult => ({ ...done, id, name: id, status: 'ok' }));
      this.#standing.finish(
        before,
        { run: { ...run, models }, results, inputs, unfinished: new Set(), durationMs: 5 },
        now,
      );
      const isOwn = (id: string) => [...withAncestors(graph, [id])].every((above) => selected.has(above));
      const whole = (id: string) => holding(graph, id, (parent) => tables.get(parent)!.holds);
      wrong.push(...models.filter((id) => isOwn(id) && tables.get(id)!.holds !== whole(id)));
      this.broughtOn += models.length;
    }
    return wrong;
  }

  /** An increment that is under way holds all else up. */
  #endIncrement(now: number): void {
    while (this.#begun?.run.kind === 'increment') this.step(now);
  }

  get isRebuilding(): boolean {
    return this.#begun?.run.kind === 'full-refresh' && this.#outcome === undefined;
  }

  #inputs(now: number): InputState {
    const { builtByOthers } = this.database.read(this.#selector);
    return { watermark: String(Math.floor(now / pause)), others: () => '', filling: new Set(), builtByOthers };
  }

  /**
   * @param failing - after how many models of a run it is cut short, if it is.
   * @param isTold - whether a rebuild tells, before it ends, of what it has committed.
   * @returns whether there was anything to do.
   */
  step(now: number, failing = Infinity, isTold = true): boolean {
    const { builtByOthers } = this.database.read(this.#selector);
    this.#state.heed({ builtByOthers });
    if (this.#begun === undefined) {
      const inputs = this.#inputs(now);
      const run = this.#state.next(inputs, now);
      if (run === undefined) return false;
      this.#begun = {
        run,
        inputs,
        relations: new Map([...this.database.tables].map(([id, { relation }]) => [id, relation])),
      };
      if (run.kind === 'full-refresh') {
        this.#state.begin(run, this.database.relationsOf(run.models));
        this.#store();
      }
    } else if (this.#outcome === undefined) {
      this.#outcome = this.#carryOut(this.#begun, failing);
      const { run } = this.#begun;
      if (isTold && run.kind === 'full-refresh') {
        this.#state.builtMeanwhile(this.#committed, now);
        this.#store();
      }
    } else {
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
    this.#committed = ids.slice(0, failing).filter((id) => !bad.has(id));
    const models = isCutShort ? [ids[failing]!] : run.models;
    const results = models.map((id): NodeResult => {
      const isBad = isCutShort || bad.has(id);
      return { ...done, id, name: id, status: isBad ? 'failed' : 'ok', error: isBad ? 'it failed' : null };
    });
    return { run: { ...run, models }, results, inputs, unfinished: new Set(), durationMs: 5 };
  }
}

/** Longer than any model that failed waits, in milliseconds; what happens in between does not move the watermark. */
const pause = 1e9;

const event = fc.record({
  what: fc.constantFrom(
    ...['step', 'step', 'step', 'step', 'predecessors', 'predecessors', 'cut short'],
    ...['change', 'adopt', 'update', 'restart', 'restart all'],
  ),
  which: fc.nat(3),
  isTold: fc.boolean(),
});

test('whatever is changed, killed, handed over and brought back in whatever order, the tables end as one package makes them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.nat(20), { maxLength: 3 }), { minLength: 1, maxLength: 4 }),
      fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      fc.array(event, { minLength: 5, maxLength: 80, size: 'max' }),
      (shape, isOfFirst, events) => {
        const parents = shape.map((all, at) => all.filter((parent) => parent < at));
        const sql = parents.map(() => 'a');
        const ofFirst = [...isOfFirst];
        const graph = () => graphOf(parents.map((above, at) => [above, sql[at]!] as const));
        const ids = [...graph().keys()];
        const selection = (first: boolean) => new Set(ids.filter((_, at) => ofFirst[at] === first));
        const database = new Database();
        const both = [true, false].map((first) => new Dataemon(database, selection(first)));
        const change = (which: number) => {
          sql[which % sql.length] = sql[which % sql.length] === 'a' ? 'b' : 'a';
        };
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
        for (const { what, which, isTold } of events) {
          now += pause;
          const dataemon = both[which % 2]!;
          if (what === 'step') dataemon.step(now, Infinity, isTold);
          else if (what === 'predecessors') {
            const meanwhile = () => (dataemon.isRebuilding ? dataemon : both[1 - (which % 2)]!).step(now);
            expect(dataemon.stepOfPredecessors(now, which < 2 ? () => undefined : meanwhile)).toEqual([]);
          } else if (what === 'cut short') dataemon.step(now, which >> 1, isTold);
          else if (what === 'adopt') dataemon.adopt(graph());
          else if (what === 'update') {
            change(which);
            dataemon.update(graph(), now);
          } else if (what === 'restart') dataemon.restart(graph());
          else if (what === 'restart all') {
            ofFirst[which] = !ofFirst[which]!;
            for (const [at, each] of both.entries()) each.restart(graph(), selection(at === 0));
          } else change(which);
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
    { numRuns: 1000 },
  );
}, 60_000);
