import { repeatKey, reportColumns, type RepeatModel } from '../model.js';
import { elementAlias, elementTables } from './elements.js';
import { columnLines } from './form-model.js';
import { jinjaString, jsonAt, valueAt } from './jinja.js';

/** The SQL file of a repeat's model: there is no macro for it, but it keeps up as the models of forms do. */
export function repeatModelSql({ form, arrays, positions, columns }: RepeatModel): string {
  const joins = elementTables(arrays, 'report.repeated').map((table) => `cross join lateral ${table}`);
  const key = ['report.uuid', ...positions.map((_, level) => `${elementAlias(level)}.position`)].join(` || ':' || `);
  const inner = `${elementAlias(arrays.length - 1)}.value`;
  const lines = [
    `  ${key} as ${repeatKey},`,
    ...reportColumns.map(({ name }) => `  report.${name},`),
    ...positions.map((name, level) => `  ${elementAlias(level)}.position as ${name},`),
    columnLines(columns, ({ path, kind = 'text' }) => valueAt(inner, path, kind)),
  ];
  return `{{
  config(
    materialized='incremental',
    incremental_strategy='upsert',
    unique_key='${repeatKey}',
    on_schema_change='append_new_columns',
    indexes=[{'columns': ['${repeatKey}'], 'unique': true}, {'columns': ['uuid']}, {'columns': ['saved_timestamp']}],
    meta={'changes': 'data_record', 'changed_by': 'uuid'},
    pre_hook='{{ cht_pipeline.open_increment() }}',
    post_hook='{{ cht_pipeline.close_increment() }}',
  )
}}

with report as materialized (
  select
    {{ cht_pipeline.data_record_columns() }},
    ${jsonAt('couchdb.doc', ['fields', ...(arrays[0] ?? [])])} as repeated
  {{ cht_pipeline.data_record_join(${jinjaString(form)}) }}
)

select
${lines.join('\n').replace(/,\s*$/, '')}
from report
${joins.join('\n')}
`;
}
