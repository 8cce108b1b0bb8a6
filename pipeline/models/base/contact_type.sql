{{
  config(
    unique_key='id',
    tags=['base'],
    indexes=[{'columns': ['id'], 'unique': true}],
    meta={'restarts_below': 'person', 'looks_beside': false},
  )
}}

-- There are a dozen of types, so all rows are selected in each run; what grows, the contacts, is looked at by index only.

with configured as (
  select
    contact_type ->> 'id' as id,
    bool_or(coalesce(contact_type ->> 'person', '') = 'true') as person
  from {{ ref('document_metadata') }} as document_metadata
  join {{ source('couchdb', env_var('POSTGRES_TABLE', 'couchdb')) }} as couchdb on couchdb._id = document_metadata.uuid
  cross join lateral jsonb_path_query(couchdb.doc, 'lax $.settings.contact_types[*]') as contact_type
  where {{ cht_pipeline.is_settings('document_metadata.uuid') }}
    and couchdb._deleted is not true
    and octet_length(contact_type ->> 'id') <= 2000
  group by contact_type ->> 'id'
),

seen as (
  {% if is_incremental() %}
  select candidate.id
  from (
    select id from {{ this }}
    union
    select contact_type from {{ ref('contact') }} where {{ cht_pipeline.changed('saved_timestamp') }}
  ) as candidate
  where exists (select from {{ ref('contact') }} as contact where contact.contact_type = candidate.id)
  {% else %}
  select distinct contact_type as id from {{ ref('contact') }} where contact_type is not null
  {% endif %}
)

select
  id,
  id = 'person' or coalesce(configured.person, false) as person,
  configured.id is not null as configured
from configured
full join seen using (id)
