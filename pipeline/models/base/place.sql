{{
  config(
    unique_key='uuid',
    tags=['base'],
    indexes=[
      {'columns': ['uuid'], 'unique': true},
      {'columns': ['saved_timestamp']},
      {'columns': ['place_id']},
    ],
    meta={'changes': 'contact', 'looks_beside': false},
  )
}}

select
  contact.uuid,
  contact.saved_timestamp,
  {{ cht_pipeline.key_of('doc.place_id') }} as place_id,
  {{ cht_pipeline.key_of("coalesce(doc.contact_id, doc.contact ->> '_id')") }} as contact_id,
  {{ cht_pipeline.number_of("doc.geolocation ->> 'latitude'") }}::double precision as latitude,
  {{ cht_pipeline.number_of("doc.geolocation ->> 'longitude'") }}::double precision as longitude,
  contact.instance,
  contact.dbname
from {{ ref('contact') }} as contact
join {{ ref('contact_type') }} as contact_type on contact_type.id = contact.contact_type
join {{ source('couchdb', env_var('POSTGRES_TABLE', 'couchdb')) }} as couchdb on couchdb._id = contact.uuid
cross join lateral jsonb_to_record(couchdb.doc) as doc (
  place_id text,
  contact_id text,
  contact jsonb,
  geolocation jsonb
)
where not contact_type.person
  and couchdb._deleted is not true
  and {{ cht_pipeline.changed('contact.saved_timestamp') }}
