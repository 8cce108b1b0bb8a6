{{ config(materialized='view') }}

{% set kinds = {
  'number': cht_pipeline.number_of,
  'integer': cht_pipeline.integer_of,
  'boolean': cht_pipeline.boolean_of,
  'epoch': cht_pipeline.timestamp_of_epoch,
  'timestamp': cht_pipeline.timestamp_of,
  'date': cht_pipeline.date_of,
  'key': cht_pipeline.key_of,
} %}

select
  _id,
  {%- for kind, macro in kinds.items() %}
  {{ macro("doc ->> 'value'") }} as {{ kind }}_of,
  {{ macro('couchdb.value') }} as {{ kind }}_of_column,
  {{ cht_pipeline.is_malformed(kind, "doc ->> 'value'") }} as malformed_{{ kind }},
  {{ cht_pipeline.is_malformed(kind, 'value') }} as malformed_{{ kind }}_column,
  {%- endfor %}
  {{ cht_pipeline.is_malformed('object', "doc ->> 'value'") }} as malformed_object
from (select _id, doc ->> 'value' as value, doc from {{ source('couchdb', env_var('POSTGRES_TABLE', 'couchdb')) }}) as couchdb
