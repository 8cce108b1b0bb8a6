{{ config(sql_header=cht_pipeline.dashboard_settings()) }}

{#- All is grouped by the key: so PostgreSQL knows that there is one row for each, and leaves this out where nothing of it is asked for. -#}
{%- set names = "array_agg(lineage.name order by lineage.level)" %}

select
  lineage.uuid,
  ({{ names }})[1] as area,
  case
    when cardinality({{ names }}) > 2 then ({{ names }})[2]
    when cardinality({{ names }}) = 2 then ({{ names }})[1]
  end as health_centre,
  ({{ names }})[cardinality({{ names }})] as district,
  min(lineage.contact_type) as contact_type,
  min(health_worker.uuid) as health_worker_uuid,
  min({{ cht_pipeline.name_of('health_worker') }}) as health_worker,
  min(lineage.instance) as instance
from (
  with recursive lineage as (
    select
      contact.uuid, 1 as level, {{ cht_pipeline.name_of('contact') }} as name, contact.parent_uuid, contact.contact_type,
      contact.instance
    from {{ ref('contact_type') }} as contact_type
    -- There are few such places among all contacts, and PostgreSQL does not know: with `offset 0` it takes them by index. By
    -- the second condition, which is the first once more, and by `between` below it expects few: what it expects this to cost
    -- must not hide what all else costs in a query on this view.
    cross join lateral (
      select *
      from {{ ref('contact') }} as contact
      where contact.contact_type between contact_type.id and contact_type.id and coalesce(contact.contact_type, '') = contact_type.id
      offset 0
    ) as contact
    where not contact_type.person and not ({{ cht_pipeline.is_dashboard_name('household_types', 'contact_type.id') }})
    union all
    select lineage.uuid, lineage.level + 1, {{ cht_pipeline.name_of('contact') }}, contact.parent_uuid, null, null
    from lineage
    cross join lateral (
      select * from {{ ref('contact') }} as contact where contact.uuid = lineage.parent_uuid offset 0
    ) as contact
    -- A document may name itself as its parent.
    where lineage.level between 1 and 11
  )
  select * from lineage
) as lineage
left join {{ ref('place') }} as place on place.uuid = lineage.uuid and lineage.level = 1
left join {{ ref('contact') }} as health_worker on health_worker.uuid = place.contact_id
group by lineage.uuid
