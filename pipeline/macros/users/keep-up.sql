{# How the models that users' packages make by our macros keep up: as our own do; see watermark.sql. #}

{#-
  Sets what a model needs to keep up with the rows of `feed`, one of our models; `looks_beside` when a document may change a
  row without a row of `feed` that changes, too; `where`, when only rows of `feed` matter whose `column` has one of `values`,
  names both. Tags, a schema or an alias of its own a model sets by a `config` beside the macro.
-#}
{% macro keep_up_with(feed, indexes, looks_beside=false, where=none) -%}
  {{
    config(
      materialized='incremental',
      incremental_strategy='upsert',
      unique_key='uuid',
      on_schema_change='append_new_columns',
      indexes=[{'columns': ['uuid'], 'unique': true}] + (indexes | rejectattr('columns', 'equalto', ['uuid']) | list),
      meta={'changes': feed, 'changes_where': where, 'looks_beside': looks_beside},
      pre_hook='{{ cht_pipeline.open_increment() }}',
      post_hook='{{ cht_pipeline.close_increment() }}',
    )
  }}
{%- endmacro %}

{#- Whether the model that is being compiled keeps up by an increment that is fixed when it runs. -#}
{% macro keeps_up() %}
  {% do return(config.get('incremental_strategy') == 'upsert') %}
{% endmacro %}

{#- The table of documents. -#}
{% macro documents() %}
  {% do return(source('couchdb', env_var('POSTGRES_TABLE', 'couchdb'))) %}
{% endmacro %}

{#- Columns that a user gave, behind others; none are fine. -#}
{% macro and_columns(columns) -%}
  {%- if columns and columns | trim %},
  {{ columns }}
  {%- endif -%}
{%- endmacro %}
