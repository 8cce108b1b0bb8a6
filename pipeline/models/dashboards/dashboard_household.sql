{{ config(sql_header=cht_pipeline.dashboard_settings()) }}

{%- set overdue_since -%}
  now() - interval '{{ cht_pipeline.dashboard_overdue_days() }} days'
{%- endset %}
{%- set last_report = cht_pipeline.last_report_of('report') %}

select
  contact.uuid,
  {{ cht_pipeline.name_of('contact') }} as household,
  contact.reported as registered,
  place.latitude,
  place.longitude,
  {{ last_report }} as last_visit,
  -- Not "none is recent": PostgreSQL would take it for an anti join that leaves next to nothing, and plan for that.
  coalesce({{ cht_pipeline.last_report_of('recent') }}, contact.reported, '-infinity') < {{ overdue_since }} as is_overdue,
  floor(date_part('epoch', now() - coalesce({{ last_report }}, contact.reported)) / 86400)::integer as days_without_visit,
  -- By the same reckoning as is_overdue, for who asks for the last visit anyway: this needs nothing besides that.
  coalesce({{ last_report }}, contact.reported) + interval '{{ cht_pipeline.dashboard_overdue_days() }} days' as visit_due,
  area.health_worker_uuid,
  area.health_worker,
  contact.parent_uuid as area_uuid,
  area.area,
  area.health_centre,
  area.district,
  contact.instance
from {{ ref('contact_type') }} as contact_type
-- With `offset 0` PostgreSQL puts nothing before this, which leaves one contact in six.
cross join lateral (
  select * from {{ ref('contact') }} as contact where contact.contact_type = contact_type.id and contact.muted is null offset 0
) as contact
left join {{ ref('place') }} as place on place.uuid = contact.uuid
left join {{ ref('dashboard_area') }} as area on area.uuid = contact.parent_uuid
{{ cht_pipeline.join_last_reports('report', '<= now()', 'contact.uuid') }}
{{ cht_pipeline.join_last_reports('recent', 'between ' ~ overdue_since ~ ' and now()', 'contact.uuid') }}
where not contact_type.person and {{ cht_pipeline.is_dashboard_name('household_types', 'contact_type.id') }}
