{{
  config(
    materialized='incremental',
    incremental_strategy='upsert',
    unique_key='id',
    indexes=[{'columns': ['id'], 'unique': true}, {'columns': ['uuid']}],
    meta={'changes': 'visit', 'changed_by': 'uuid'},
  )
}}
{{ cht_pipeline.data_quality_rows('visit', [
  {'name': 'weight', 'kind': 'number', 'value': "couchdb.doc #>> '{fields,weight}'"},
  {'name': 'born', 'kind': 'date', 'value': "couchdb.doc #>> '{fields,born}'"},
]) }}
