{{
  config(
    materialized = 'incremental',
    unique_key = 'uuid',
    on_schema_change = 'append_new_columns',
    indexes = [{'columns': ['uuid'], 'type': 'hash'}, {'columns': ['saved_timestamp']}]
  )
}}

WITH documents AS (
  SELECT
    _id AS uuid,
    saved_timestamp,
    doc ->> 'type' AS doc_type,
    source
  FROM {{ source('couchdb', env_var('POSTGRES_TABLE')) }}
  WHERE doc ->> 'type' IN ('data_record', 'telemetry')
)

{{ batch_incremental('documents') }}
