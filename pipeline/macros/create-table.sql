{#
  dbt fills a table with a contract by `insert ... select`, for which PostgreSQL uses one core; `create table as` may use
  several. dbt checks the contract before either of them. Packages that are no root project, such as this one below another
  that dbt is run in by hand, are not asked: there it is dbt's way. Which columns are never NULL is set by set_not_null.
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
{%- endmacro %}

{% macro set_not_null() %}
  {% for column in model.columns.values() %}
    {% for constraint in column.constraints if constraint.type == 'not_null' %}
      {% do run_query('alter table ' ~ this ~ ' alter column ' ~ adapter.quote(column.name) ~ ' set not null') %}
    {% endfor %}
  {% endfor %}
{% endmacro %}
