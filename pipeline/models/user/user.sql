{{
  config(
    unique_key='user_id',
    tags=['user'],
    indexes=[
      {'columns': ['user_id'], 'unique': true},
      {'columns': ['saved_timestamp']},
      {'columns': ['contact_uuid']},
    ],
    meta={
      'changes': 'document_metadata',
      'changes_where': {'column': 'doc_type', 'values': ['user-settings']},
      'looks_beside': false,
    },
  )
}}

select
  document_metadata.uuid as user_id,
  document_metadata.saved_timestamp,
  {{ cht_pipeline.key_of('contact.id') }} as contact_uuid,
  doc.language,
  doc.roles,
  document_metadata.instance,
  document_metadata.dbname
from {{ ref('document_metadata') }} as document_metadata
join {{ source('couchdb', env_var('POSTGRES_TABLE', 'couchdb')) }} as couchdb on couchdb._id = document_metadata.uuid
cross join lateral jsonb_to_record(couchdb.doc) as doc (
  type text,
  contact_id text,
  facility_id jsonb,
  language text,
  roles text
)
-- Users of several facilities have a list of them.
cross join lateral (
  select coalesce(doc.contact_id, doc.facility_id ->> 0, doc.facility_id #>> '{}') as id
) as contact
where document_metadata.doc_type = 'user-settings'
  and couchdb._deleted is not true
  and doc.type = 'user-settings'
  and {{ cht_pipeline.changed('document_metadata.saved_timestamp') }}
