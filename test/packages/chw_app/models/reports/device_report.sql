{{ config(materialized = 'incremental', unique_key = 'uuid', indexes = [{'columns': ['saved_timestamp']}]) }}

SELECT
  data_record.uuid,
  data_record.saved_timestamp,
  couchdb.doc ->> '_rev' AS revision,
  couchdb.source
FROM {{ env_var('POSTGRES_SCHEMA') }}.{{ env_var('POSTGRES_TABLE') }} couchdb
INNER JOIN {{ ref('data_record') }} data_record ON couchdb._id = data_record.uuid
{% if is_incremental() %}
WHERE data_record.saved_timestamp >= {{ max_existing_timestamp('saved_timestamp') }}
{% endif %}
