{{
  config(
    unique_key='uuid',
    tags=['user'],
    indexes=[
      {'columns': ['uuid'], 'unique': true},
      {'columns': ['saved_timestamp']},
    ],
    meta={
      'changes': 'document_metadata',
      'changes_where': {'column': 'doc_type', 'values': ['feedback']},
      'looks_beside': false,
    },
  )
}}

select
  document_metadata.uuid,
  document_metadata.saved_timestamp,
  doc.meta ->> 'source' as source,
  doc.meta ->> 'url' as url,
  doc.meta #>> '{user,name}' as user_name,
  doc.meta ->> 'time' as period_start,
  -- What users write themselves is a text.
  coalesce(doc.info ->> 'cause', doc.info #>> '{}') as cause,
  doc.info ->> 'message' as message,
  document_metadata.instance,
  document_metadata.dbname
from {{ ref('document_metadata') }} as document_metadata
join {{ source('couchdb', env_var('POSTGRES_TABLE', 'couchdb')) }} as couchdb on couchdb._id = document_metadata.uuid
cross join lateral jsonb_to_record(couchdb.doc) as doc (
  type text,
  meta jsonb,
  info jsonb
)
where document_metadata.doc_type = 'feedback'
  and couchdb._deleted is not true
  and doc.type = 'feedback'
  and {{ cht_pipeline.changed('document_metadata.saved_timestamp') }}
