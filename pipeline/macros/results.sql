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

{#- Of medic/cht-pipeline v2, dbt_results is a table: the rows of its 14 days become ours before the view takes its place. -#}
{% macro take_over_results() %}
  {%- set old = load_cached_relation(this) -%}
  {%- if execute and old is not none and old.is_table %}
    insert into {{ cht_pipeline.run_table() }}
    select
      result_id, invocation_id, unique_id, database_name, schema_name, name, resource_type, status, start_time, end_time,
      execution_time, rows_affected
    from {{ this }}
    where result_id is not null and start_time >= (now() at time zone 'UTC') - interval '14 days'
    on conflict (result_id) do nothing
  {%- endif -%}
{% endmacro %}

{#- Views that somebody has made on it read the new one. -#}
{% macro repoint_views_of_results() %}
  {% if execute %}
    {% set old = cht_pipeline.regclass(make_backup_relation(this, 'table')) %}
    {% if run_query('select ' ~ old ~ ' is not null').columns[0].values()[0] %}
      {% do cht_pipeline.repoint_views(old) %}
    {% endif %}
  {% endif %}
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
