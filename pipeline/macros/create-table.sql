{#
  dbt fills a table with a contract by `insert ... select`, for which PostgreSQL uses one core; `create table as` may use
  several. dbt checks the contract before either of them. Packages that are no root project, such as this one below another
  that dbt is run in by hand, are not asked: there it is dbt's way.
#}
{% macro postgres__create_table_as(temporary, relation, sql) -%}
  {%- set contract = config.get('contract') -%}
  {%- if temporary or not contract.enforced or config.get('incremental_strategy') != 'upsert' -%}
    {{ return(dbt.postgres__create_table_as(temporary, relation, sql)) }}
  {%- endif -%}
  {{ get_assert_columns_equivalent(sql) }}
  create table {{ relation }} as (
    {{ get_select_subquery(sql) }}
  );
  {%- for column in model.columns.values() %}
    {%- for constraint in column.constraints if constraint.type == 'not_null' %}
  alter table {{ relation }} alter column {{ adapter.quote(column.name) }} set not null;
    {%- endfor %}
  {%- endfor %}
{%- endmacro %}
