{% set types = cht_pipeline.contact_types() %}

{{
  config(
    unique_key='uuid',
    tags=['base'],
    indexes=[
      {'columns': ['uuid'], 'unique': true},
      {'columns': ['saved_timestamp']},
      {'columns': ['contact_type', 'saved_timestamp']},
      {'columns': ['parent_uuid']},
    ],
    meta={
      'changes': 'document_metadata',
      'changes_where': {'column': 'doc_type', 'values': types},
      'looks_beside': false,
    },
  )
}}

select
  document_metadata.uuid,
  document_metadata.saved_timestamp,
  {{ cht_pipeline.timestamp_of_epoch('doc.reported_date') }} as reported,
  {{ cht_pipeline.key_of('ids.parent') }} as parent_uuid,
  doc.name,
  {{ cht_pipeline.key_of('ids.contact_type') }} as contact_type,
  doc.is_active as active,
  doc.notes,
  nullif(doc.muted, '') as muted,
  document_metadata.instance,
  document_metadata.dbname
from {{ ref('document_metadata') }} as document_metadata
join {{ source('couchdb', env_var('POSTGRES_TABLE', 'couchdb')) }} as couchdb on couchdb._id = document_metadata.uuid
-- Each `doc ->> 'key'` would unpack the whole document again.
cross join lateral jsonb_to_record(couchdb.doc) as doc (
  type text,
  reported_date text,
  parent jsonb,
  name text,
  contact_type text,
  is_active text,
  notes text,
  muted text
)
cross join lateral (
  select
    doc.parent ->> '_id' as parent,
    coalesce(doc.contact_type, doc.type) as contact_type
) as ids
where document_metadata.doc_type in ({{ cht_pipeline.literals(types) }})
  -- The document may have moved on since document_metadata ran.
  and couchdb._deleted is not true
  and doc.type in ({{ cht_pipeline.literals(types) }})
  and {{ cht_pipeline.changed('document_metadata.saved_timestamp') }}
