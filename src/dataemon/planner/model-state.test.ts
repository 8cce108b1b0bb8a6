import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NodeResult } from '../engine/engine.js';
import { emptyRecord, type BuiltModels, type BuiltRecord } from '../manifest/built-models.js';
import { graphOf } from '../../../test/dataemon/support/graph.js';
import { withAncestors, withDescendants, type ModelGraph } from '../manifest/graph.js';
import { packageChanges, readNow, readOfOthers } from './changes.js';
import type { Run } from './decide.js';
import { ModelState } from './model-state.js';

/** Models m0, m1, ... that read only those before them. */
const graphs = fc
  .array(fc.tuple(fc.array(fc.nat(20), { maxLength: 3 }), fc.constantFrom('a', 'b')), { minLength: 1, maxLength: 9 })
  .map((models) =>
    graphOf(models.map(([parents, sql], at) => [parents.filter((parent) => parent < at), sql] as const)),
  );

/** As dbt does it: in order, and nothing below what has failed. */
function carryOut(graph: ModelGraph, run: Run, broken: ReadonlySet<string>): NodeResult[] {
  const bad = new Set<string>();
  return [...graph.keys()]
    .filter((id) => run.models.includes(id))
    .map((id) => {
      const isBelow = graph.get(id)!.parents.some((parent) => bad.has(parent));
      if (isBelow || broken.has(id)) bad.add(id);
      const status = isBelow ? 'skipped' : broken.has(id) ? 'failed' : 'ok';
      const error = status === 'failed' ? 'division by zero' : null;
      return { id, name: id, status, rowsAffected: 1, startedAt: null, durationMs: 5, error };
    });
}

const nobody: BuiltModels = new Map();

/** What a dataemon remembers that has built some of the models, while others, of whom nothing is known, have built the rest. */
function recordOf(graph: ModelGraph, selected: ReadonlySet<string>): BuiltRecord {
  const models = { graph, selected, builtByOthers: nobody };
  const built = [...graph].filter(([id]) => selected.has(id));
  return {
    built: new Map(built.map(([id, { fingerprint }]) => [id, { ...fingerprint, read: readNow(models, id, nobody) }])),
    doubtful: new Map(),
  };
}

/** Relations of models, which are not made anew. */
const relationsOf = (ids: Iterable<string>) => new Map([...ids].map((id) => [id, `the relation of ${id}`]));

const inputsAt = (watermark: string) => ({
  watermark,
  others: () => '',
  filling: new Set<string>(),
  builtByOthers: nobody,
});

/** Lets it run until nothing is due; tells each run. */
function settle(
  state: ModelState,
  graph: ModelGraph,
  watermark: string,
  broken: ReadonlySet<string>,
  now: number,
): Run[] {
  const runs: Run[] = [];
  const inputs = inputsAt(watermark);
  for (let run = state.next(inputs, now); run !== undefined; run = state.next(inputs, now)) {
    runs.push(run);
    expect(runs.length).toBeLessThan(30);
    if (run.kind === 'full-refresh') state.begin(run, relationsOf(run.models));
    const results = carryOut(graph, run, broken);
    state.finish({ run, results, inputs, unfinished: new Set(), durationMs: 5 }, now);
  }
  return runs;
}

const scenario = fc.record({
  before: graphs,
  after: graphs,
  pick: fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
  failing: fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
});

const picked = (graph: ModelGraph, pick: readonly boolean[]) => new Set([...graph.keys()].filter((_, at) => pick[at]));

test('a package change is fully built in the end, whatever failed on the way, and nothing is forgotten at a restart', () => {
  fc.assert(
    fc.property(scenario, ({ before, after, failing, pick }) => {
      const selected = picked(after, pick);
      const record = recordOf(before, selected);
      const existing = relationsOf(before.keys());
      const comparison = { graph: after, selected, record, builtByOthers: nobody, existing };
      const state = new ModelState(() => 0.5);
      state.use(comparison);
      const staleAtFirst = new Set(state.stale);
      const broken = picked(after, failing);
      for (const { kind, models } of settle(state, after, 'w1', broken, 0)) {
        for (const id of models) expect(kind === 'full-refresh').toBe(staleAtFirst.has(id));
      }

      const restarted = packageChanges({ ...comparison, record: state.record, existing: relationsOf(selected) });
      for (const id of state.stale) expect(restarted.stale).toContain(id);

      settle(state, after, 'w1', new Set(), 1e9);
      expect(state.stale.size).toBe(0);
      expect(state.upToDateWith).toBe(selected.size === 0 ? undefined : 'w1');
      const finished = packageChanges({ ...comparison, record: state.record, existing: relationsOf(selected) });
      expect([...finished.stale, ...finished.changed.keys()]).toEqual([]);
    }),
  );
});

test('what is built anew is closed downwards, and holds no more than what has changed and what is below', () => {
  fc.assert(
    fc.property(scenario, ({ before, after, pick }) => {
      const selected = picked(after, pick);
      const record = recordOf(before, selected);
      const existing = relationsOf(before.keys());
      const { stale } = packageChanges({ graph: after, selected, record, builtByOthers: nobody, existing });
      const read = readOfOthers({ graph: after, selected });
      const isChanged = (id: string) =>
        (selected.has(id) || read.has(id)) &&
        JSON.stringify(before.get(id)?.fingerprint) !== JSON.stringify(after.get(id)?.fingerprint);
      for (const id of selected) expect(stale.has(id)).toBe([...withAncestors(after, [id])].some(isChanged));
    }),
  );
});

test('models that are not below a failing one are brought up to date with every change', () => {
  fc.assert(
    fc.property(graphs, fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }), (graph, failing) => {
      const selected = new Set(graph.keys());
      const state = new ModelState(() => 0.5);
      const broken = picked(graph, failing);
      state.use({ graph, selected, record: emptyRecord, builtByOthers: nobody, existing: new Map() });
      settle(state, graph, 'w1', new Set(), 0);
      const heldBack = withDescendants(graph, broken);
      const ran = new Set<string>();
      for (const { models } of settle(state, graph, 'w2', broken, 0)) for (const id of models) ran.add(id);
      for (const id of selected) if (!heldBack.has(id)) expect(ran).toContain(id);
      // At once again: nothing but what is due, and nothing is due.
      expect(state.next(inputsAt('w2'), 0)).toBeUndefined();
      const again = settle(state, graph, 'w3', new Set(), 0).flatMap(({ models }) => models);
      for (const id of again) expect(heldBack.has(id)).toBe(false);
      settle(state, graph, 'w3', new Set(), 1e9);
      expect(state.upToDateWith).toBe('w3');
    }),
  );
});

const chain = graphOf([
  [[], 'a'],
  [[0], 'a'],
]);
const whole = new Set(chain.keys());
const standing = recordOf(chain, whole);

function running(): ModelState {
  const state = new ModelState(() => 0.5);
  state.use({ graph: chain, selected: whole, record: standing, builtByOthers: nobody, existing: relationsOf(whole) });
  return state;
}

test('a connection that was lost is not the fault of a model: it may run again at once', () => {
  const state = running();
  const run = state.next(inputsAt('w1'), 0)!;
  const results = carryOut(chain, run, new Set(['m0'])).map((result) => ({
    ...result,
    error: result.error === null ? null : 'server closed the connection unexpectedly',
  }));
  const outcome = { run, results, inputs: inputsAt('w1'), unfinished: new Set<string>(), durationMs: 5 };
  expect(state.finish(outcome, 0)).toEqual({ interrupted: true });
  expect(state.failing.size).toBe(0);
  expect(state.next(inputsAt('w1'), 0)).toEqual(run);
});

test('a model that took a whole batch runs again, with those below it, though nothing has changed', () => {
  const state = running();
  const run = state.next(inputsAt('w1'), 0)!;
  const results = carryOut(chain, run, new Set());
  state.finish({ run, results, inputs: inputsAt('w1'), unfinished: new Set(['m0']), durationMs: 5 }, 0);
  expect(state.upToDateWith).toBeUndefined();
  expect(state.next(inputsAt('w1'), 0)).toEqual({ kind: 'increment', models: ['m0', 'm1'] });
});

test('increments that keep coming do not keep a rebuild from its turn', () => {
  const state = new ModelState(() => 0.5);
  const graph = graphOf([
    [[], 'a'],
    [[], 'new'],
  ]);
  state.use({ graph, selected: whole, record: standing, builtByOthers: nobody, existing: relationsOf(whole) });
  const kinds: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    const inputs = inputsAt(`w${n}`);
    const run = state.next(inputs, 0)!;
    kinds.push(`${run.kind} ${run.models.join()}`);
    const results = carryOut(graph, run, new Set());
    state.finish({ run, results, inputs, unfinished: new Set(), durationMs: 5 }, 0);
  }
  expect(kinds).toEqual(['increment m0', 'full-refresh m1', 'increment m0,m1']);
});

test('what a model reads of another dataemon moves it on as documents do', () => {
  const state = running();
  settle(state, chain, 'w1', new Set(), 0);
  const moved = { ...inputsAt('w1'), others: (id: string) => (id === 'm1' ? 'later' : '') };
  expect(state.next(moved, 0)).toEqual({ kind: 'increment', models: ['m1'] });
});

test('what stands below a model that has gone waits until that is made anew', () => {
  const state = running();
  settle(state, chain, 'w1', new Set(), 0);
  state.lost(['m0']);
  const runs = settle(state, chain, 'w2', new Set(), 0);
  expect(runs).toEqual([
    { kind: 'full-refresh', models: ['m0'] },
    { kind: 'increment', models: ['m1'] },
  ]);
});

test('a model that needs documents in their order waits while one above it fills from the newest on', () => {
  const graph = new Map([...chain].map(([id, model]) => [id, { ...model, takesAnyOrder: id === 'm0' }]));
  const state = new ModelState(() => 0.5);
  state.use({ graph, selected: whole, record: emptyRecord, builtByOthers: nobody, existing: new Map() });
  const next = (filling: string[]) => {
    const inputs = { ...inputsAt('w1'), filling: new Set(filling) };
    const run = state.next(inputs, 0);
    if (run === undefined) return undefined;
    const results = carryOut(graph, run, new Set());
    state.finish({ run, results, inputs, unfinished: new Set(filling), durationMs: 5 }, 0);
    return run;
  };
  expect(next(['m0'])).toEqual({ kind: 'full-refresh', models: ['m0'] });
  expect(next(['m0'])).toEqual({ kind: 'increment', models: ['m0'] });
  expect(next([])).toEqual({ kind: 'full-refresh', models: ['m1'] });
});

test('what another dataemon has made anew, also from the same SQL, has what reads it built anew at once', () => {
  const state = new ModelState(() => 0.5);
  const selected = new Set(['m1']);
  const saying = (builtAt: string): BuiltModels => new Map([['m0', { ...chain.get('m0')!.fingerprint, builtAt }]]);
  const m1 = { ...chain.get('m1')!.fingerprint, builtAt: '2', read: { m0: '1' } };
  const record = { ...emptyRecord, built: new Map([['m1', m1]]) };
  state.use({ graph: chain, selected, record, builtByOthers: saying('1'), existing: relationsOf(selected) });
  expect(state.stale.size).toBe(0);
  const inputs = { ...inputsAt('w1'), builtByOthers: saying('1') };
  const run = state.next(inputs, 0)!;
  const results = carryOut(chain, run, new Set(['m1']));
  state.finish({ run, results, inputs, unfinished: new Set(), durationMs: 5 }, 0);
  expect(state.next(inputs, 0)).toBeUndefined();
  // That nothing is said any more is no news.
  expect(state.heed({ builtByOthers: nobody })).toEqual([]);
  const later = { ...inputs, builtByOthers: saying('3') };
  expect(state.heed(later)).toEqual(['m0']);
  expect(state.next(later, 0)).toEqual({ kind: 'full-refresh', models: ['m1'] });
});

test('what has failed without a trace in the database counts as it was, what may have been replaced does not', () => {
  const changed = graphOf([
    [[], 'b'],
    [[0], 'a'],
  ]);
  const state = new ModelState(() => 0.5);
  const use = (graph: ModelGraph, record: BuiltRecord, existing: ReadonlyMap<string, string>) =>
    state.use({ graph, selected: whole, record, builtByOthers: nobody, existing });
  use(changed, standing, relationsOf(whole));
  const run = state.next(inputsAt('w1'), 0)!;
  expect(run).toEqual({ kind: 'full-refresh', models: ['m0'] });
  state.begin(run, relationsOf(whole));
  const results = carryOut(changed, run, new Set(['m0']));
  state.finish({ run, results, inputs: inputsAt('w1'), unfinished: new Set(), durationMs: 5 }, 0);
  const { record } = state;
  // The package of before comes back.
  expect(use(chain, record, relationsOf(whole)).stale.size).toBe(0);
  const replaced = new Map([...relationsOf(whole), ['m0', 'another relation']]);
  expect([...use(chain, record, replaced).stale]).toEqual(['m0', 'm1']);
});

test('a view that is made again from the same SQL moves nobody who reads it', () => {
  const graph = new Map(
    [...chain].map(([id, model]) => [id, { ...model, materialized: id === 'm0' ? 'view' : 'table' }]),
  );
  const state = new ModelState(() => 0.5);
  const built = new Map([...standing.built].map(([id, model]) => [id, { ...model, builtAt: '1', read: undefined }]));
  state.use({
    graph,
    selected: whole,
    record: { ...standing, built },
    builtByOthers: nobody,
    existing: relationsOf(whole),
  });
  state.lost(['m0', 'm1']);
  settle(state, graph, 'w1', new Set(), 0);
  expect(state.record.built.get('m0')?.builtAt).toBe('1');
  expect(state.record.built.get('m1')?.builtAt).not.toBe('1');
});
