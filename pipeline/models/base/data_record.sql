{{
  config(
    unique_key='uuid',
    tags=['base'],
    indexes=[
      {'columns': ['uuid'], 'unique': true},
      {'columns': ['saved_timestamp']},
      {'columns': ['form', 'saved_timestamp']},
      {'columns': ['reported']},
      {'columns': ['patient_id']},
    ],
    meta={
      'changes': 'document_metadata',
      'changes_where': {'column': 'doc_type', 'values': ['data_record']},
      'looks_beside': false,
    },
  )
}}

select
  document_metadata.uuid,
  document_metadata.saved_timestamp,
  {{ cht_pipeline.timestamp_of_epoch('doc.reported_date') }} as reported,
  {{ cht_pipeline.key_of('doc.form') }} as form,
  doc."from" as from_phone,
  {{ cht_pipeline.key_of('ids.patient') }} as patient_id,
  {{ cht_pipeline.key_of('ids.place') }} as place_id,
  {{ cht_pipeline.key_of('ids.contact') }} as contact_uuid,
  {{ cht_pipeline.key_of('ids.parent') }} as parent_uuid,
  {{ cht_pipeline.key_of('ids.grandparent') }} as grandparent_uuid,
  document_metadata.instance,
  document_metadata.dbname
from {{ ref('document_metadata') }} as document_metadata
join {{ source('couchdb', env_var('POSTGRES_TABLE', 'couchdb')) }} as couchdb on couchdb._id = document_metadata.uuid
cross join lateral jsonb_to_record(couchdb.doc) as doc (
  type text,
  reported_date text,
  form text,
  "from" text,
  patient_id text,
  place_id text,
  contact jsonb,
  fields jsonb
)
cross join lateral (
  select
    coalesce(doc.patient_id, doc.fields ->> 'patient_id', doc.fields ->> 'patient_uuid') as patient,
    coalesce(doc.place_id, doc.fields ->> 'place_id') as place,
    doc.contact ->> '_id' as contact,
    doc.contact #>> '{parent,_id}' as parent,
    doc.contact #>> '{parent,parent,_id}' as grandparent
) as ids
where document_metadata.doc_type = 'data_record'
  and couchdb._deleted is not true
  and doc.type = 'data_record'
  and {{ cht_pipeline.changed('document_metadata.saved_timestamp') }}
