{{ config(unique_key='id') }}

with configured as (
  select
    contact_type ->> 'id' as id,
    coalesce((contact_type ->> 'person')::boolean, false) as person
  from {{ source('couchdb', 'couchdb') }} as couchdb
  cross join lateral jsonb_array_elements(couchdb.doc -> 'settings' -> 'contact_types') as contact_type
  where couchdb._id = 'settings'
),

seen as (
  select distinct contact_type as id from {{ ref('contact') }}
)

select
  id,
  id = 'person' or coalesce(configured.person, false) as person,
  configured.id is not null as configured
from configured
full join seen using (id)
