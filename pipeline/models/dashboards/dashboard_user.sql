-- A name has a document in `medic` and one in `_users`; only the first is a user here, whatever its key.
select
  users.name as user_name,
  users.instance,
  contact.uuid as health_worker_uuid,
  {{ cht_pipeline.name_of('contact') }} as health_worker,
  area.uuid as area_uuid,
  area.area,
  area.health_centre,
  area.district
from (
  select {{ cht_pipeline.user_name_of('user_id') }} as name, coalesce(instance, '') as instance, min(contact_uuid) as contact_uuid
  from {{ ref('user') }}
  group by 1, 2
) as users
left join {{ ref('contact') }} as contact on contact.uuid = users.contact_uuid
-- The account of an office has a place for a contact.
left join {{ ref('place') }} as place on place.uuid = users.contact_uuid
left join {{ ref('dashboard_area') }} as area on area.uuid = coalesce(place.uuid, contact.parent_uuid)
