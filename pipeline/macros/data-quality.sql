{#
  Rows for a model of malformed values: what a document holds and a model cannot make sense of. models/data_quality.sql is
  that of our own models. A package's own is a model that keeps up with another, and has one call of this or a union of some:

    {{ config(
      materialized='incremental', incremental_strategy='upsert', unique_key='id',
      meta={'changes': 'visit', 'changed_by': 'uuid', 'looks_beside': false},
      indexes=[{'columns': ['id'], 'unique': true}, {'columns': ['uuid']}],
      pre_hook='{{ cht_pipeline.open_increment() }}', post_hook='{{ cht_pipeline.close_increment() }}',
    ) }}
    {{ cht_pipeline.data_quality_rows('visit', [
      {'name': 'weight', 'kind': 'number', 'value': "couchdb.doc #>> '{fields,weight}'"},
    ]) }}

  columns: of each the `name`, the `value`, an SQL expression of type text over the aliases `couchdb` and `model`, and its
    `kind` (see is_malformed) or, as `malformed`, a condition; `model` names another model of the same documents
  members: the members of the document that are columns of `doc`, as in jsonb_to_record; so it is unpacked once only
  parts: expressions by the names that they have as columns of `part`
  condition: which rows of the model matter
#}
{% macro data_quality_rows(model_name, columns, members=none, parts={}, condition='true', key='uuid') -%}
  {%- set conditions = [] -%}
  {%- for column in columns -%}
    {%- do conditions.append(column.malformed or cht_pipeline.is_malformed(column.kind, column.value)) -%}
  {%- endfor -%}
  select
    model.{{ key }} || ':' || malformed.model || '.' || malformed.column_name as id,
    model.{{ key }} as uuid,
    model.saved_timestamp,
    malformed.model,
    malformed.column_name,
    left(malformed.value, 200) as value,
    split_part(couchdb.source, '/', 1) as instance,
    substring(couchdb.source from '/(.*)') as dbname
  from {{ ref(model_name) }} as model
  join {{ cht_pipeline.documents() }} as couchdb on couchdb._id = model.{{ key }}
  {%- if members %}
  cross join lateral jsonb_to_record(couchdb.doc) as doc ({{ members }})
  {%- endif %}
  {%- if parts %}
  cross join lateral (
    select
      {%- for name, expression in parts.items() %}
      {{ expression }} as {{ name }}{{ ',' if not loop.last }}
      {%- endfor %}
  ) as part
  {%- endif %}
  -- Only the few documents come here that hold something malformed, as asked for below.
  cross join lateral (
    values
      {%- for column in columns %}
      (
        {{ cht_pipeline.literals([column.model or model_name]) }},
        {{ cht_pipeline.literals([column.name]) }},
        {{ column.value }},
        {{ conditions[loop.index0] }}
      ){{ ',' if not loop.last }}
      {%- endfor %}
  ) as malformed (model, column_name, value, is_malformed)
  where malformed.is_malformed
    and (
      {%- for any in conditions %}
      {{ 'or ' if not loop.first }}{{ any }}
      {%- endfor %}
    )
    and {{ condition }}
    -- The document may have moved on since the model ran.
    and couchdb._deleted is not true
    and {{ cht_pipeline.changed('model.saved_timestamp') }}
{%- endmacro %}

{#- The condition that a text that names something is too long for an index, or the JSON of something else. -#}
{% macro is_malformed_name(text) -%}
  ({{ cht_pipeline.is_malformed('key', text) }} or left({{ text }}, 1) in ('{', '['))
{%- endmacro %}

{#- The condition that JSON is there, and is no object. -#}
{% macro is_malformed_object(json) -%}
  (jsonb_typeof({{ json }}) not in ('object', 'null') and {{ json }} #>> '{}' ~ '\S')
{%- endmacro %}

{#- The condition that JSON should refer to another document by `_id`, and does not. -#}
{% macro is_malformed_reference(json, id) -%}
  ({{ cht_pipeline.is_malformed_object(json) }} or {{ cht_pipeline.is_malformed_name(id) }})
{%- endmacro %}
