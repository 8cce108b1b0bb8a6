{{
  config(
    indexes=[{'columns': ['uuid']}, {'columns': ['saved_timestamp']}, {'columns': ['doc_type', 'saved_timestamp']}],
    post_hook='delete from {{ this }} where _deleted',
  )
}}

with source_records as (
  select
    _id as uuid,
    saved_timestamp,
    _deleted,
    doc ->> 'type' as doc_type,
    split_part(source, '/', 1) as instance,
    split_part(source, '/', 2) as dbname
  from {{ source('couchdb', 'couchdb') }}
)

select * from source_records
where {{ since_last_time('saved_timestamp') }}
{% if is_incremental() %}
  and saved_timestamp <= (select max(saved_timestamp) from source_records)
{% endif %}
