{{
  config(
    materialized='view',
    pre_hook=['{{ cht_pipeline.create_run_table() }}', '{{ cht_pipeline.take_over_results() }}'],
    post_hook='{{ cht_pipeline.repoint_views_of_results() }}'
  )
}}

-- A view, because CHT Sync's dataemon has written down already what it ran, and without dbt most of it: dataemon_run. It is
-- no source of this model in dbt's sense, or a run would be a reason for the next one.
{%- set dataemon_run = api.Relation.create(database=target.database, schema=target.schema, identifier='dataemon_run') %}

select
  result_id,
  invocation_id,
  unique_id,
  database_name,
  schema_name,
  name,
  resource_type,
  status,
  start_time,
  end_time,
  execution_time,
  rows_affected
from {{ cht_pipeline.run_table() }}

{%- if execute and load_relation(dataemon_run) is not none %}

union all

select
  run_id || '.' || model as result_id,
  run_id::text as invocation_id,
  model as unique_id,
  current_database()::text as database_name,
  {{ cht_pipeline.literals([target.schema]) }} as schema_name,
  name,
  split_part(model, '.', 1) as resource_type,
  case status when 'ok' then 'success' when 'failed' then 'error' else status end as status,
  -- What ran in the same minute shares a row, which says when the last run began and how long all took.
  started_at at time zone 'UTC' as start_time,
  (started_at + duration_ms / greatest(runs, 1) * interval '1 millisecond') at time zone 'UTC' as end_time,
  duration_ms / greatest(runs, 1) / 1000 as execution_time,
  case when rows_affected <= 2147483647 then rows_affected::integer end as rows_affected
from {{ dataemon_run }}
where model not like 'operation.%'
{%- endif %}
