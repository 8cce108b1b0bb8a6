import type { Model, ModelGraph } from '../../../src/dataemon/manifest/graph.js';

/** Models m0, m1, ... of the parents and the SQL given, in dbt's order. */
export function graphOf(models: readonly (readonly [parents: readonly number[], sql: string])[]): ModelGraph {
  return new Map(models.map(([parents, sql], at) => [`m${at}`, model(`m${at}`, parents, sql)]));
}

function model(id: string, parents: readonly number[], sql: string): Model {
  const fingerprint = { sql, config: '', contract: '', macros: '', inputs: parents.join() };
  const relation = {
    schema: 'v1',
    alias: id,
    materialized: 'incremental',
    keepsUp: true,
    takesAnyOrder: true,
    plannable: false,
  };
  return { id, name: id, fqn: [id], ...relation, parents: [...new Set(parents)].map((at) => `m${at}`), fingerprint };
}
