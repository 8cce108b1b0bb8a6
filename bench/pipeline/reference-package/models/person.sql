{{ config(indexes=[{'columns': ['uuid']}, {'columns': ['saved_timestamp']}, {'columns': ['patient_id']}]) }}

select
  contact.uuid,
  contact.saved_timestamp,
  couchdb.doc ->> 'sex' as sex,
  couchdb.doc ->> 'phone' as phone,
  couchdb.doc ->> 'alternative_phone' as phone2,
  couchdb.doc ->> 'patient_id' as patient_id
from {{ ref('contact') }} as contact
join {{ ref('contact_type') }} as contact_type on contact_type.id = contact.contact_type
join {{ source('couchdb', 'couchdb') }} as couchdb on couchdb._id = contact.uuid
where contact_type.person
  and {{ since_last_time('contact.saved_timestamp') }}
