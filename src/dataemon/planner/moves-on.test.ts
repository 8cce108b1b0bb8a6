import { expect, test } from 'vitest';
import type { Model, ModelGraph } from '../manifest/graph.js';
import { movesOn } from './moves-on.js';

const fingerprint = { sql: '', config: '', contract: '', macros: '', inputs: '' };

function graphOf(models: Readonly<Record<string, readonly [materialized: string, ...parents: string[]]>>): ModelGraph {
  return new Map(
    Object.entries(models).map(([id, [materialized, ...parents]]): [string, Model] => [
      id,
      {
        id,
        name: id,
        fqn: [id],
        schema: 'v1',
        alias: id,
        materialized,
        parents,
        keepsUp: false,
        takesAnyOrder: true,
        plannable: false,
        fingerprint,
      },
    ]),
  );
}

test('views are not made again for nothing, but where a table that they read is made anew', () => {
  const graph = graphOf({
    root: ['incremental'],
    seed: ['seed'],
    snapshot: ['snapshot', 'root'],
    plain: ['view', 'root', 'seed', 'snapshot'],
    onPlain: ['view', 'plain'],
    table: ['table', 'plain'],
    onTable: ['view', 'root', 'table'],
    onBoth: ['view', 'onPlain', 'onTable'],
    ofOthers: ['view', 'not-in-the-graph'],
    own: ['raw_sql'],
  });
  const moving = [...graph.keys()].filter((id) => movesOn(graph, id));
  expect(moving).toEqual(['root', 'snapshot', 'table', 'onTable', 'onBoth', 'own']);
});
