{#
  For incremental models that users write by hand: they are as far as the greatest value in their own table.

  saved_timestamp is another one for each document, and documents become visible in its order, so what is greater than the
  greatest is all that is new, and nothing is taken twice.
#}

{#- Stands behind `with <cte> as (...)`. The CTE is named once only, so that PostgreSQL looks by index for what is new. -#}
{% macro batch_incremental(source_cte_name) -%}
  {%- set batch_size = cht_pipeline.batch_size() -%}
  select *
  from {{ source_cte_name }}
  {%- if is_incremental() %}
  where saved_timestamp > {{ cht_pipeline.max_existing_timestamp('saved_timestamp') }}
  {%- endif %}
  {%- if batch_size > 0 %}
  order by saved_timestamp
  fetch first {{ batch_size }} rows with ties
  {%- endif %}
{%- endmacro %}

{#- The greatest value of a column as a literal; NULL when there is none. -#}
{% macro max_existing(field, target_ref=this) -%}
  {%- set value = cht_pipeline.greatest_value(field, target_ref) -%}
  {{ cht_pipeline.literals([value]) if value is not none else 'null' }}
{%- endmacro %}

{#- Of a table without a value, what is before all: whoever asks for greater ones is given all there is. -#}
{% macro max_existing_timestamp(field, target_ref=this) -%}
  {{ cht_pipeline.literals([cht_pipeline.greatest_value(field, target_ref) or '-infinity']) }}::timestamp
{%- endmacro %}

{% macro max_existing_date(field, target_ref=this) -%}
  {{ cht_pipeline.literals([cht_pipeline.greatest_value(field, target_ref) or '-infinity']) }}::date
{%- endmacro %}

{#- As text, or none: also while dbt only parses, and when there is no table. -#}
{% macro greatest_value(field, target_ref) %}
  {% if not execute %}{% do return(none) %}{% endif %}
  {% if target_ref is not string and load_relation(target_ref) is none %}{% do return(none) %}{% endif %}
  {% set greatest = run_query('select max(' ~ field ~ ')::text from ' ~ target_ref) %}
  {% do return(greatest.columns[0].values()[0]) %}
{% endmacro %}
