import fc from 'fast-check';
import { merge, winningRev, type TreePath } from 'pouchdb-merge';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testSource, type ChangeRow, type TestSource } from './couchdb.fixture.js';

/** What somebody does to a document: an edit of a leaf, or a revision that was made elsewhere. */
type Step =
  | { readonly kind: 'edit'; readonly id: string; readonly leaf: number; readonly deleted: boolean }
  | { readonly kind: 'replicate'; readonly id: string; readonly hashes: readonly string[]; readonly deleted: boolean };

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('edit'), id, leaf: fc.nat(3), deleted: fc.boolean() }),
  fc.record({
    kind: fc.constant('replicate'),
    id,
    hashes: fc.array(fc.constantFrom('aa', 'bb', 'cc'), { minLength: 1, maxLength: 4 }),
    deleted: fc.boolean(),
  }),
);
const awkward = fc.record({ shuffle: fc.boolean(), bouncingPrefix: fc.boolean(), repeatRows: fc.nat(3) });

/** The trees that pouchdb-merge makes of the same steps. */
class Model {
  readonly trees = new Map<string, TreePath[]>();

  leaves(id: string): string[] {
    const found: string[] = [];
    const visit = (generation: number, [hash, , branches]: TreePath['ids']) => {
      if (branches.length === 0) found.push(`${generation}-${hash}`);
      for (const branch of branches) visit(generation + 1, branch);
    };
    for (const { pos, ids } of this.trees.get(id) ?? []) visit(pos, ids);
    return found.sort();
  }

  add(id: string, generation: number, hashes: readonly string[], deleted: boolean): void {
    let node: TreePath['ids'] | undefined;
    for (const hash of hashes) {
      node = node === undefined ? [hash, { status: 'available', deleted }, []] : [hash, { status: 'missing' }, [node]];
    }
    const path = { pos: generation - hashes.length + 1, ids: node! };
    this.trees.set(id, merge(this.trees.get(id) ?? [], path, 1000).tree);
  }

  winners(): Record<string, string> {
    return Object.fromEntries([...this.trees].map(([key, tree]) => [key, winningRev({ rev_tree: tree })]));
  }
}

let source: TestSource;
let number = 0;
beforeAll(async () => {
  source = await testSource();
});
afterAll(() => source[Symbol.asyncDispose]());

async function take(database: string, model: Model, step: Step): Promise<void> {
  const { deleted } = step;
  if (step.kind === 'replicate') {
    const ids = [...step.hashes];
    const docs = [{ _id: step.id, _revisions: { start: ids.length, ids }, _deleted: deleted }];
    await source.ask('POST', `${database}/_bulk_docs`, { docs, new_edits: false });
    if (!known(model, step)) model.add(step.id, ids.length, ids, deleted);
    return;
  }
  const leaves = model.leaves(step.id);
  const parent = leaves[step.leaf % Math.max(1, leaves.length)];
  number += 1;
  const doc = { ...(parent === undefined ? {} : { _rev: parent }), _deleted: deleted, number };
  const { status, body } = await source.ask('PUT', `${database}/${step.id}`, doc);
  expect(status).toBe(201);
  const [generation, hash] = body.rev.split('-');
  const ancestors = parent === undefined ? [] : [parent.slice(parent.indexOf('-') + 1)];
  model.add(step.id, Number(generation), [hash!, ...ancestors], deleted);
}

/** A revision that is there is not written again, even if it says to be deleted now. */
function known(model: Model, { id, hashes }: Step & { kind: 'replicate' }): boolean {
  const has = (generation: number, [hash, , branches]: TreePath['ids']): boolean =>
    (generation === hashes.length && hash === hashes[0]) || branches.some((branch) => has(generation + 1, branch));
  return (model.trees.get(id) ?? []).some(({ pos, ids }) => has(pos, ids));
}

/** Follows the feed to its end and puts what it says over what was known. */
async function follow(database: string, since: string, limit: number, known: Map<string, ChangeRow>): Promise<string> {
  for (;;) {
    const { body } = await source.ask('GET', `${database}/_changes?include_docs=true&limit=${limit}&since=${since}`);
    for (const row of body.results) known.set(row.id, row);
    since = body.last_seq;
    if (body.pending === 0) return since;
  }
}

test('whatever is written, following the feed from anywhere ends with the winner of every document', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { maxLength: 8 }), { minLength: 1, maxLength: 4 }),
      awkward,
      fc.integer({ min: 1, max: 4 }),
      async (rounds, awkwardness, limit) => {
        source.server.awkwardness.set(awkwardness);
        const database = `/run-${(number += 1)}`;
        await source.ask('PUT', database);
        const model = new Model();
        const known = new Map<string, ChangeRow>();
        let since = '0';
        for (const steps of rounds) {
          for (const each of steps) await take(database, model, each);
          since = await follow(database, since, limit, known);
        }
        const fromStart = new Map<string, ChangeRow>();
        await follow(database, '0', limit, fromStart);
        for (const rows of [known, fromStart]) {
          const winners = [...rows].map(([key, { changes }]) => [key, changes[0]!.rev]);
          expect(Object.fromEntries(winners)).toEqual(model.winners());
          for (const { doc, changes, deleted } of rows.values()) {
            expect(doc).toMatchObject({ _rev: changes[0]!.rev, ...(deleted === true ? { _deleted: true } : {}) });
          }
        }
        const { doc_count: count, doc_del_count: gone } = (await source.ask('GET', database)).body;
        expect(count + Number(gone)).toBe(model.trees.size);
        await source.ask('DELETE', database);
      },
    ),
    { numRuns: 40 },
  );
}, 60_000);
