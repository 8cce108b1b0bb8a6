{{ config(indexes=[{'columns': ['uuid']}, {'columns': ['saved_timestamp']}, {'columns': ['place_id']}]) }}

select
  contact.uuid,
  contact.saved_timestamp,
  couchdb.doc ->> 'place_id' as place_id,
  coalesce(couchdb.doc ->> 'contact_id', couchdb.doc -> 'contact' ->> '_id') as contact_id
from {{ ref('contact') }} as contact
join {{ ref('contact_type') }} as contact_type on contact_type.id = contact.contact_type
join {{ source('couchdb', 'couchdb') }} as couchdb on couchdb._id = contact.uuid
where not contact_type.person
  and {{ since_last_time('contact.saved_timestamp') }}
