{{
  config(
    indexes=[
      {'columns': ['uuid']}, {'columns': ['saved_timestamp']}, {'columns': ['contact_type', 'saved_timestamp']},
      {'columns': ['parent_uuid']},
    ],
  )
}}

select
  document_metadata.uuid,
  document_metadata.saved_timestamp,
  to_timestamp((nullif(couchdb.doc ->> 'reported_date', '')::bigint / 1000)::double precision) as reported,
  couchdb.doc -> 'parent' ->> '_id' as parent_uuid,
  couchdb.doc ->> 'name' as name,
  coalesce(couchdb.doc ->> 'contact_type', couchdb.doc ->> 'type') as contact_type,
  couchdb.doc ->> 'is_active' as active,
  couchdb.doc ->> 'notes' as notes,
  nullif(couchdb.doc ->> 'muted', '') as muted
from {{ ref('document_metadata') }} as document_metadata
join {{ source('couchdb', 'couchdb') }} as couchdb on couchdb._id = document_metadata.uuid
where document_metadata.doc_type in ('contact', 'clinic', 'district_hospital', 'health_center', 'person')
  and {{ since_last_time('document_metadata.saved_timestamp') }}
