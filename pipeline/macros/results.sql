{# The record of runs of dbt by hand; the dataemon has one of its own. The model dbt_results shows both. #}

{% macro run_table() -%}
  {{ adapter.quote(target.schema) }}.dbt_run
{%- endmacro %}

{% macro create_run_table() %}
  create table if not exists {{ cht_pipeline.run_table() }} (
    result_id text primary key,
    invocation_id text,
    unique_id text,
    database_name text,
    schema_name text,
    name text,
    resource_type text,
    status text,
    start_time timestamp,
    end_time timestamp,
    execution_time double precision,
    rows_affected integer
  )
{% endmacro %}

{#- On run end: writes a row for each model that ran, and removes those of more than 14 days ago. Times are in UTC. -#}
{% macro log_dbt_results(results) %}
  {%- if not execute or env_var('CHT_SYNC_DATAEMON', '') -%}{% do return('') %}{%- endif -%}
  {%- set rows = [] -%}
  {%- for result in results if result.node.resource_type in ['model', 'seed', 'snapshot'] -%}
    {%- set node = result.node -%}
    {%- set started = result.timing | map(attribute='started_at') | select | list -%}
    {%- set completed = result.timing | map(attribute='completed_at') | select | list -%}
    {%- set texts = [
      invocation_id ~ '.' ~ node.unique_id, invocation_id, node.unique_id, node.database, node.schema, node.name,
      node.resource_type, result.status,
    ] -%}
    {%- set times = [started | min if started else run_started_at, completed | max if completed else run_started_at] -%}
    {%- set rows_affected = (result.adapter_response or {}).get('rows_affected') -%}
    {%- do rows.append(
      cht_pipeline.literals(texts | map('string') | list)
      ~ ', ' ~ cht_pipeline.literals([times[0].strftime('%Y-%m-%d %H:%M:%S.%f'), times[1].strftime('%Y-%m-%d %H:%M:%S.%f')])
      ~ ', ' ~ result.execution_time ~ ', ' ~ (rows_affected if rows_affected is number else 'null')
    ) -%}
  {%- endfor -%}
  {%- if not rows -%}{% do return('') %}{%- endif -%}
  {{ cht_pipeline.create_run_table() }};
  insert into {{ cht_pipeline.run_table() }}
  values
    {%- for row in rows %}
    ({{ row }}){{ ',' if not loop.last }}
    {%- endfor %}
  on conflict (result_id) do nothing;
  delete from {{ cht_pipeline.run_table() }} where start_time < (now() at time zone 'UTC') - interval '14 days';
  commit;
{% endmacro %}
