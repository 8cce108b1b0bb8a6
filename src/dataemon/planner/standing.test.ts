import { expect, test } from 'vitest';
import { graphOf } from '../../../test/dataemon/support/graph.js';
import type { NodeResult } from '../engine/engine.js';
import { emptyRecord } from '../manifest/built-models.js';
import type { Model, ModelGraph } from '../manifest/graph.js';
import { ModelState, type InputState } from './model-state.js';
import type { Predecessor } from './standing.js';
import { StandingState } from './standing-state.js';

const inputsAt = (watermark: string): InputState => ({
  ...{ watermark, others: () => '', filling: new Set(), builtByOthers: new Map() },
});
const relationsOf = (graph: ModelGraph) => new Map([...graph.keys()].map((id) => [id, `the relation of ${id}`]));
const inOrder = (ids: Iterable<string> = []) => [...ids].sort().join();
const packageOf = (graph: ModelGraph): Predecessor => ({ graph, selected: new Set(graph.keys()) });

const graphFrom = (...models: Model[]): ModelGraph => new Map(models.map((model) => [model.id, model]));

/** A dataemon that has built the first package, and brought it up to the watermark 1. */
function scene(first: ModelGraph) {
  const models = new ModelState(() => 0.5);
  const standing = new StandingState(models, () => 0.5);
  let now = 0;
  let before: Predecessor[] = [];
  let current = first;
  const use = (graph: ModelGraph, existing = relationsOf(graph)) => {
    current = graph;
    const { record } = models;
    models.use({ ...packageOf(graph), builtByOthers: new Map(), record, existing }, before);
  };
  /** Carries out what is due, and tells what it was. */
  const step = (watermark: string, ...failing: string[]) => {
    now += 100_000;
    const inputs = inputsAt(watermark);
    const run = models.next(inputs, now);
    if (run === undefined) return '';
    if (run.kind === 'full-refresh') models.begin(run, relationsOf(current));
    const results = run.models.map((id): NodeResult => {
      const status = failing.includes(id) ? 'failed' : 'ok';
      return { id, name: id, status, rowsAffected: 1, startedAt: null, durationMs: 5, error: null };
    });
    models.finish({ run, results, inputs, unfinished: new Set(), durationMs: 5 }, now);
    return `${run.kind} ${inOrder(run.models)}`;
  };
  models.use({ ...packageOf(first), builtByOthers: new Map(), record: emptyRecord, existing: new Map() });
  while (step('1') !== '');
  return {
    ...{ models, standing, step },
    update: (graph: ModelGraph, existing?: ReadonlyMap<string, string>) => {
      before = [packageOf(current), ...before];
      use(graph, existing === undefined ? undefined : new Map(existing));
    },
    /** What the package of so many updates ago can bring on, and would now. */
    ofPackage: (back: number, watermark: string, rebuilding: readonly string[] = []) => {
      const one = before[back - 1]!;
      const known = { ...one, existing: relationsOf(one.graph), inputs: inputsAt(watermark) };
      const run = standing.next(known, inputsAt(watermark), now, new Set(rebuilding));
      return { can: inOrder(standing.of(known, { rebuilding: new Set(rebuilding) })), does: inOrder(run?.models) };
    },
  };
}

/** m0, m1 below it, m2 below that; and m3 by itself. */
const chain = (m0: string, m1 = 'a', m2 = 'a', m3 = 'a') =>
  graphOf([
    [[], m0],
    [[0], m1],
    [[1], m2],
    [[], m3],
  ]);

test('what cannot be built goes on by the package that has built it, however many updates come', () => {
  const here = scene(chain('a'));
  here.update(chain('a', 'broken'));
  expect(here.ofPackage(1, '1')).toEqual({ can: 'm1,m2', does: '' });
  expect(here.step('1', 'm1')).toBe('full-refresh m1');
  here.update(chain('a', 'broken, too', 'b'));
  expect(here.ofPackage(1, '1').can).toBe('');
  expect(here.ofPackage(2, '1').can).toBe('m1,m2');
});

test('what is below a model goes no further than that', () => {
  const here = scene(chain('a'));
  here.update(chain('a', 'broken'));
  expect(here.ofPackage(1, '2').does).toBe('');
  expect(here.step('2')).toBe('increment m0,m3');
  expect(here.ofPackage(1, '2').does).toBe('m1,m2');
});

test('what reads a table that was built anew is no matter for the package of before', () => {
  const here = scene(chain('a'));
  here.update(chain('b', 'broken'));
  expect(here.ofPackage(1, '1').can).toBe('m0,m1,m2');
  expect(here.step('1')).toBe('full-refresh m0');
  expect(here.ofPackage(1, '1').can).toBe('');
});

test('a model that the package has lost goes on as long as one reads it that stands', () => {
  const here = scene(chain('a'));
  const { m1, m2 } = Object.fromEntries(chain('a', 'b'));
  here.update(graphFrom({ ...m1!, parents: [] }, m2!));
  expect(here.ofPackage(1, '2')).toEqual({ can: 'm0,m1,m2', does: 'm0,m1,m2' });
});

test('a table that another model takes over is none of the one that had its name', () => {
  const here = scene(chain('a'));
  const { m0, m1, m2, m3 } = Object.fromEntries(chain('a', 'b', 'a', 'b'));
  here.update(graphFrom({ ...m0!, id: 'm9' }, m1!, m2!, m3!));
  expect(here.ofPackage(1, '2').can).toBe('m3');
});

test('beside its own rebuild a model is brought on only where the swap takes its row', () => {
  const here = scene(chain('a'));
  here.update(chain('b'));
  expect(here.ofPackage(1, '2', ['m0']).can).toBe('m0,m1,m2');
  const { m0, m1, m2 } = Object.fromEntries(chain('c'));
  here.update(graphFrom({ ...m0!, keepsUp: false }, m1!, m2!));
  expect(here.ofPackage(2, '2', ['m0']).can).toBe('');
  expect(here.ofPackage(2, '2').can).toBe('m0,m1,m2');
});

test('what was begun to be built anew, and has another relation now, is not touched', () => {
  const here = scene(chain('a'));
  here.update(chain('b'));
  here.models.begin({ kind: 'full-refresh', models: ['m0'] }, new Map([['m0', 'another relation']]));
  expect(here.ofPackage(1, '2').can).toBe('');
});
