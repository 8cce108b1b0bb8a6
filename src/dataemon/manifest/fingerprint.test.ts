import { expect, test } from 'vitest';
import { differences } from './fingerprint.js';
import { graphOf } from './graph.js';
import { emptyRecord, fromStored, merged, sameRecord, toStored, type BuiltRecord } from './built-models.js';
import { manifestSchema } from './manifest.js';

type Change = (manifest: ReturnType<typeof whole>) => void;

function node(name: string, nodes: string[], materialized = 'incremental') {
  return {
    resource_type: 'model',
    name,
    fqn: ['p', name],
    schema: 'v1',
    alias: name,
    raw_code: `select * from ${name}`,
    config: { materialized },
    unrendered_config: { materialized, tags: ['base'], indexes: [{ columns: ['uuid'] }] } as Record<string, unknown>,
    contract: { enforced: true, checksum: null },
    columns: { uuid: { name: 'uuid', data_type: 'text', constraints: [] as unknown[] } },
    constraints: [] as unknown[],
    depends_on: { nodes, macros: ['macro.cht_sync.outer', 'macro.dbt.is_incremental'] },
  };
}

function whole() {
  return {
    nodes: {
      'model.p.root': node('root', ['source.p.couchdb.couchdb']),
      'model.p.between': node('between', ['model.p.root'], 'ephemeral'),
      'model.p.leaf': node('leaf', ['model.p.between']),
      'test.p.unique': { resource_type: 'test', raw_code: 'select 1' },
    },
    macros: {
      'macro.cht_sync.outer': { macro_sql: 'hands on', depends_on: { macros: ['macro.p.outer'] } },
      'macro.p.outer': { macro_sql: 'outer', depends_on: { macros: ['macro.p.inner', 'macro.p.outer'] } },
      'macro.p.inner': { macro_sql: 'inner', depends_on: { macros: [] } },
      'macro.p.unused': { macro_sql: 'unused', depends_on: { macros: [] } },
      'macro.dbt.is_incremental': { macro_sql: 'internal', depends_on: { macros: [] } },
    },
    sources: { 'source.p.couchdb.couchdb': { schema: 'v1', identifier: 'couchdb', database: 'data' } },
  };
}

function changedParts(change: Change): Record<string, string[]> {
  const changed = whole();
  change(changed);
  const before = graphOf(manifestSchema.parse(whole()));
  const parts: Record<string, string[]> = {};
  for (const [id, { fingerprint }] of graphOf(manifestSchema.parse(changed))) {
    const found = differences(before.get(id)!.fingerprint, fingerprint);
    if (found.length > 0) parts[id] = found;
  }
  return parts;
}

const root = 'model.p.root';
const both = (part: string) => ({
  'model.p.root': [part],
  'model.p.leaf': part === 'macros' ? [part, 'inputs'] : [part],
});

test.each<[string, Change, Record<string, string[]>]>([
  ['nothing', () => undefined, {}],
  ['SQL', (m) => (m.nodes[root].raw_code += ' '), { [root]: ['sql'] }],
  ['the config', (m) => (m.nodes[root].unrendered_config.indexes = []), { [root]: ['config'] }],
  ['the tags', (m) => (m.nodes[root].unrendered_config.tags = []), {}],
  ['the type of a column', (m) => (m.nodes[root].columns.uuid.data_type = 'varchar'), { [root]: ['contract'] }],
  ['a foreign key', (m) => m.nodes[root].constraints.push({ type: 'foreign_key' }), { [root]: ['contract'] }],
  ['a macro that a macro calls', (m) => (m.macros['macro.p.inner'].macro_sql = 'other'), both('macros')],
  ['a macro that is not called', (m) => (m.macros['macro.p.unused'].macro_sql = 'other'), {}],
  ['a macro that hands on', (m) => (m.macros['macro.cht_sync.outer'].macro_sql = 'other'), {}],
  ["a macro of dbt's own", (m) => (m.macros['macro.dbt.is_incremental'].macro_sql = 'other'), {}],
  ['the table that is read', (m) => (m.sources['source.p.couchdb.couchdb'].identifier = 'b'), { [root]: ['inputs'] }],
  ['the name of the database', (m) => (m.sources['source.p.couchdb.couchdb'].database = 'b'), {}],
  ['an ephemeral model', (m) => (m.nodes['model.p.between'].raw_code = 'other'), { 'model.p.leaf': ['inputs'] }],
])('the fingerprints of models that are made of %s change with it', (_what, change, expected) => {
  expect(changedParts(change)).toEqual(expected);
});

test('an ephemeral model is not in the graph; those that read it have its parents', () => {
  const graph = graphOf(manifestSchema.parse(whole()));
  expect([...graph.keys()]).toEqual(['model.p.root', 'model.p.leaf']);
  expect(graph.get('model.p.leaf')?.parents).toEqual(['model.p.root']);
});

test('the fingerprint of a seed is that of its file', () => {
  const seed = (checksum: string) => {
    const file = {
      ...node('seed', [], 'seed'),
      resource_type: 'seed',
      raw_code: '',
      checksum: { name: 'sha256', checksum },
    };
    return graphOf(manifestSchema.parse({ ...whole(), nodes: { 'seed.p.seed': file } })).get('seed.p.seed')!
      .fingerprint;
  };
  expect(differences(seed('a'), seed('a'))).toEqual([]);
  expect(differences(seed('a'), seed('b'))).toEqual(['sql']);
});

test("what was built is read back from what is stored, and from dbt's whole manifest", () => {
  const dbts = fromStored(whole())!;
  expect([...dbts.built.keys()]).toEqual(['model.p.root', 'model.p.leaf']);
  const record: BuiltRecord = { ...dbts, doubtful: new Map([['model.p.leaf', '4711']]) };
  const ours = fromStored(JSON.parse(JSON.stringify(toStored(record))))!;
  expect(sameRecord(ours, record)).toBe(true);
  expect(sameRecord(ours, dbts)).toBe(false);
  expect(fromStored({ anything: 'else' })).toBeUndefined();
});

test('of a model that several selectors have built, what was built last stands, with the doubts about that', () => {
  const fingerprint = fromStored(whole())!.built.get('model.p.root')!;
  const record = (builtAt: string | undefined, doubt?: string | null): BuiltRecord => ({
    built: new Map([['m', { ...fingerprint, builtAt }]]),
    doubtful: new Map(doubt === undefined ? [] : [['m', doubt]]),
  });
  const standing = (...records: BuiltRecord[]) => {
    const all = merged(records);
    return [all.built.get('m')?.builtAt, all.doubtful.get('m')];
  };
  expect(standing(emptyRecord)).toEqual([undefined, undefined]);
  expect(standing(record('1'), record('2'), record(undefined))).toEqual(['2', undefined]);
  expect(standing(record('1', '4711'), record('2'))).toEqual(['2', undefined]);
  expect(standing(record('2'), record('1', '4711'))).toEqual(['2', undefined]);
  expect(standing(record('2', '4711'), record('1'))).toEqual(['2', '4711']);
  // The same build, which one has begun to replace.
  expect(standing(record('2'), record('2', '4711'))).toEqual(['2', '4711']);
  expect(standing(record('2', null), record('2', '4711'))).toEqual(['2', null]);
  expect(standing(record('2', '4711'), record('2', null))).toEqual(['2', null]);
});
