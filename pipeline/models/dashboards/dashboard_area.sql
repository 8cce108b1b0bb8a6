{{ config(sql_header=cht_pipeline.dashboard_settings()) }}

select
  area.uuid,
  area.names[1] as area,
  case when cardinality(area.names) > 2 then area.names[2] when cardinality(area.names) = 2 then area.names[1] end as health_centre,
  area.names[cardinality(area.names)] as district,
  contact.contact_type,
  place.contact_id as health_worker_uuid,
  {{ cht_pipeline.name_of('health_worker') }} as health_worker,
  contact.instance
from (
  with recursive lineage as (
    select contact.uuid, 1 as level, contact.name, contact.parent_uuid
    from {{ ref('contact') }} as contact
    join {{ ref('contact_type') }} as contact_type on contact_type.id = contact.contact_type
    where not contact_type.person and not ({{ cht_pipeline.is_dashboard_name('household_types', 'contact_type.id') }})
    union all
    -- A document may name itself as its parent.
    select lineage.uuid, lineage.level + 1, contact.name, contact.parent_uuid
    from lineage
    join {{ ref('contact') }} as contact on contact.uuid = lineage.parent_uuid
    where lineage.level < 12
  )
  select lineage.uuid, array_agg({{ cht_pipeline.name_of('lineage') }} order by lineage.level) as names
  from lineage
  group by lineage.uuid
) as area
join {{ ref('contact') }} as contact on contact.uuid = area.uuid
left join {{ ref('place') }} as place on place.uuid = area.uuid
left join {{ ref('contact') }} as health_worker on health_worker.uuid = place.contact_id
