{{
  config(
    unique_key='uuid',
    tags=['base'],
    indexes=[
      {'columns': ['uuid'], 'unique': true},
      {'columns': ['saved_timestamp']},
      {'columns': ['patient_id']},
    ],
    meta={'changes': 'contact', 'looks_beside': false},
  )
}}

select
  contact.uuid,
  contact.saved_timestamp,
  doc.sex,
  doc.phone,
  doc.alternative_phone as phone2,
  {{ cht_pipeline.key_of('doc.patient_id') }} as patient_id,
  {{ cht_pipeline.date_of('doc.date_of_birth') }} as date_of_birth,
  contact.instance,
  contact.dbname
from {{ ref('contact') }} as contact
join {{ ref('contact_type') }} as contact_type on contact_type.id = contact.contact_type
join {{ source('couchdb', env_var('POSTGRES_TABLE', 'couchdb')) }} as couchdb on couchdb._id = contact.uuid
cross join lateral jsonb_to_record(couchdb.doc) as doc (
  sex text,
  phone text,
  alternative_phone text,
  patient_id text,
  date_of_birth text
)
where contact_type.person
  and couchdb._deleted is not true
  and {{ cht_pipeline.changed('contact.saved_timestamp') }}
