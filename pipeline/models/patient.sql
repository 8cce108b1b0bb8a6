{{
  config(
    unique_key='uuid',
    indexes=[
      {'columns': ['uuid'], 'unique': true},
      {'columns': ['saved_timestamp']},
      {'columns': ['patient_id']},
    ],
    meta={'changes': 'contact', 'looks_beside': false},
  )
}}

-- The changes are those of contact: a person that becomes a place leaves no row in person that would say so.
select
  contact.uuid,
  contact.saved_timestamp,
  person.patient_id,
  contact.instance,
  contact.dbname
from {{ ref('contact') }} as contact
join {{ ref('person') }} as person on person.uuid = contact.uuid
where person.patient_id <> ''
  and {{ cht_pipeline.changed('contact.saved_timestamp') }}
