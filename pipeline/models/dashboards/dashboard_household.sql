{{ config(sql_header=cht_pipeline.dashboard_settings()) }}

select
  contact.uuid,
  {{ cht_pipeline.name_of('contact') }} as household,
  contact.reported as registered,
  place.latitude,
  place.longitude,
  report.last_report as last_visit,
  coalesce(report.last_report, contact.reported) < now() - interval '{{ cht_pipeline.dashboard_overdue_days() }} days' as is_overdue,
  floor(extract(epoch from now() - coalesce(report.last_report, contact.reported)) / 86400)::integer as days_without_visit,
  area.health_worker_uuid,
  area.health_worker,
  contact.parent_uuid as area_uuid,
  area.area,
  area.health_centre,
  area.district,
  contact.instance
from {{ ref('contact') }} as contact
join {{ ref('place') }} as place on place.uuid = contact.uuid
left join {{ ref('dashboard_area') }} as area on area.uuid = contact.parent_uuid
left join (
  with subject as (
    -- Far fewer than reports; all that follows is done once for each.
    select patient_id, place_id, instance, max(reported) as last_report
    from {{ ref('data_record') }}
    where reported <= now()
    group by patient_id, place_id, instance
  )
  select about.household_uuid, max(about.last_report) as last_report
  from (
    -- Reports name a person by the id of the document or by the short id, which each instance gives anew.
    select member.parent_uuid as household_uuid, subject.last_report
    from subject
    join {{ ref('contact') }} as member on member.uuid = subject.patient_id
    union all
    select member.parent_uuid, subject.last_report
    from subject
    join {{ ref('person') }} as person
      on person.patient_id = subject.patient_id and coalesce(person.instance, '') = coalesce(subject.instance, '')
    join {{ ref('contact') }} as member on member.uuid = person.uuid
    union all
    select subject.place_id, subject.last_report from subject
    union all
    select place.uuid, subject.last_report
    from subject
    join {{ ref('place') }} as place
      on place.place_id = subject.place_id and coalesce(place.instance, '') = coalesce(subject.instance, '')
  ) as about
  group by about.household_uuid
) as report on report.household_uuid = contact.uuid
where contact.muted is null
  and {{ cht_pipeline.is_household('contact.contact_type') }}
