{{
  config(
    indexes=[
      {'columns': ['uuid']}, {'columns': ['saved_timestamp']}, {'columns': ['form', 'saved_timestamp']},
      {'columns': ['reported']}, {'columns': ['patient_id']},
    ],
  )
}}

select
  document_metadata.uuid,
  document_metadata.saved_timestamp,
  to_timestamp((nullif(couchdb.doc ->> 'reported_date', '')::bigint / 1000)::double precision) as reported,
  couchdb.doc ->> 'form' as form,
  couchdb.doc ->> 'from' as from_phone,
  coalesce(
    couchdb.doc ->> 'patient_id', couchdb.doc -> 'fields' ->> 'patient_id', couchdb.doc -> 'fields' ->> 'patient_uuid'
  ) as patient_id,
  coalesce(couchdb.doc ->> 'place_id', couchdb.doc -> 'fields' ->> 'place_id') as place_id,
  couchdb.doc -> 'contact' ->> '_id' as contact_uuid,
  couchdb.doc -> 'contact' -> 'parent' ->> '_id' as parent_uuid,
  couchdb.doc -> 'contact' -> 'parent' -> 'parent' ->> '_id' as grandparent_uuid
from {{ ref('document_metadata') }} as document_metadata
join {{ source('couchdb', 'couchdb') }} as couchdb on couchdb._id = document_metadata.uuid
where document_metadata.doc_type = 'data_record'
  and {{ since_last_time('document_metadata.saved_timestamp') }}
