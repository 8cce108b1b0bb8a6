import { expect, test } from 'vitest';
import { manifestSchema } from './manifest.js';
import { isPlannable } from './plannable.js';

const hooks = ['{{ cht_pipeline.open_increment() }}', '{{ cht_pipeline.close_increment() }}'];
const keepsUp = { materialized: 'incremental', incremental_strategy: 'upsert', hooks };

interface Case {
  readonly config?: object;
  readonly sql?: string;
  readonly macro?: string;
  readonly operations?: string[];
}

function plannable({ config = keepsUp, sql = 'select 1', macro = '', operations = [] }: Case): boolean {
  const model = {
    ...{ resource_type: 'model', name: 'm', fqn: ['m'], schema: 'v1', alias: 'm', raw_code: sql, config },
    depends_on: { nodes: [], macros: ['macro.p.used'] },
  };
  const macros = { 'macro.p.used': { macro_sql: macro } };
  const manifest = manifestSchema.parse({ operations, nodes: { m: model }, macros });
  return isPlannable(manifest, manifest.nodes.get('m')!);
}

test('a model that keeps up as those of cht_pipeline do may be carried out by a plan', () => {
  expect(plannable({})).toBe(true);
  expect(
    plannable({
      operations: ['{{ cht_pipeline.create_watermark_table() }}', '{{ log_dbt_results(results) }}'],
    }),
  ).toBe(true);
});

test('regular expressions of Python in it do no harm', () => {
  expect(plannable({ macro: `{% if modules.re.match('a', text) %}1{% endif %}` })).toBe(true);
});

test.each<readonly [string, Case]>([
  ['another strategy', { config: { ...keepsUp, incremental_strategy: 'delete+insert' } }],
  ['no strategy', { config: { materialized: 'incremental', hooks } }],
  ['another materialization', { config: { ...keepsUp, materialized: 'table' } }],
  ['a hook of its own', { config: { ...keepsUp, hooks: [...hooks, 'grant select on {{ this }} to reader'] } }],
  ['a hook less', { config: { ...keepsUp, hooks: hooks.slice(1) } }],
  ['the day of the run in its text', { sql: `select '{{ run_started_at.date() }}'` }],
  ['the date in its text', { sql: `select '{{ modules.datetime.date.today() }}'` }],
  ['the date in a macro that it calls', { macro: '{% set m = modules %}{{ m.datetime.date.today() }}' }],
  ['a project that does something before each run', { operations: ['insert into log values (1)'] }],
])('one with %s is left to dbt', (_, differing) => {
  expect(plannable(differing)).toBe(false);
});
