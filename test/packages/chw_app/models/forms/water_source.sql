{# A form of its own and a property of contacts, one below the other. #}
{{
  config(
    materialized = 'incremental',
    unique_key = 'uuid',
    on_schema_change = 'append_new_columns',
    indexes = data_record_indexes() + [{'columns': ['is_treated']}]
  )
}}

SELECT
  {{ data_record_columns() }},
  data_record.place_id,
  {{ yes_no("couchdb.doc -> 'fields' ->> 'treated'") }} AS is_treated
{{ data_record_join('water') }}

UNION ALL

SELECT
  contact.uuid,
  contact.saved_timestamp,
  contact.uuid AS reported_by,
  contact.parent_uuid AS reported_by_parent,
  contact.reported,
  contact.uuid AS place_id,
  NULLIF(couchdb.doc ->> 'uses_treated_water', '')::boolean AS is_treated
FROM {{ ref('cht_pipeline_base', 'contact') }} contact
INNER JOIN {{ env_var('POSTGRES_SCHEMA') }}.{{ env_var('POSTGRES_TABLE') }} couchdb ON couchdb._id = contact.uuid
WHERE contact.contact_type = 'household'
{% if is_incremental() %}
  AND contact.saved_timestamp >= {{ max_existing_timestamp('saved_timestamp') }}
{% endif %}
