{{
  config(
    unique_key='uuid',
    tags=['base'],
    indexes=[
      {'columns': ['uuid'], 'unique': true},
      {'columns': ['saved_timestamp']},
      {'columns': ['doc_type', 'saved_timestamp']},
    ],
    meta={'changes': 'couchdb', 'partial_index': '(uuid) where ' ~ cht_pipeline.is_settings('uuid')},
  )
}}

select
  _id as uuid,
  saved_timestamp,
  false as _deleted,
  {{ cht_pipeline.key_of("doc ->> 'type'") }} as doc_type,
  split_part(source, '/', 1) as instance,
  substring(source from '/(.*)') as dbname
from {{ source('couchdb', env_var('POSTGRES_TABLE', 'couchdb')) }}
where _deleted is not true
  and {{ cht_pipeline.changed('saved_timestamp') }}
