{{ config(sql_header=cht_pipeline.dashboard_settings()) }}

{%- set role = cht_pipeline.is_dashboard_name('health_worker_roles', 'role.name') %}

with users as (
  select
    contact_uuid,
    bool_or(exists (
      -- The text of a list in JSON, or of one name.
      select from regexp_matches(roles, '[^][",\s]+', 'g') as found
      cross join lateral (select found[1] as name) as role
      where {{ role }}
    )) as is_health_worker
  from {{ ref('user') }}
  where contact_uuid is not null
  group by contact_uuid
),

sender as (
  select
    sent.contact_uuid,
    max(sent.last_report) as last_report,
    sum(sent.reports_30_days)::bigint as reports_30_days,
    coalesce(sum(sent.reports_30_days) filter (where form.kind = 'visit'), 0)::bigint as visits_30_days
  from (
    select
      contact_uuid,
      form,
      max(reported) filter (where reported <= now()) as last_report,
      -- With `select` it is reckoned once, not for each report.
      count(*) filter (where reported between (select now() - interval '30 days') and now()) as reports_30_days
    from {{ ref('data_record') }}
    where contact_uuid is not null
    group by contact_uuid, form
  ) as sent
  left join {{ ref('dashboard_form') }} as form on form.form = sent.form
  group by sent.contact_uuid
),

household as (
  select area_uuid, count(*) as households, count(*) filter (where is_overdue) as households_overdue
  from {{ ref('dashboard_household') }}
  group by area_uuid
)

select
  contact.uuid,
  {{ cht_pipeline.name_of('contact') }} as health_worker,
  contact.parent_uuid as area_uuid,
  area.area,
  area.health_centre,
  area.district,
  person.phone,
  contact.reported as registered,
  sender.last_report,
  floor(date_part('epoch', now() - sender.last_report) / 86400)::integer as days_without_report,
  case
    when sender.last_report is null then 'never reported'
    when sender.reports_30_days > 0 then 'active'
    else 'quiet'
  end as activity,
  coalesce(sender.reports_30_days, 0) as reports_30_days,
  coalesce(sender.visits_30_days, 0) as visits_30_days,
  coalesce(household.households, 0) as households,
  coalesce(household.households_overdue, 0) as households_overdue,
  contact.instance
-- Who signs in as a health worker, and who reports without signing in.
from users
full join sender on sender.contact_uuid = users.contact_uuid
join {{ ref('contact') }} as contact on contact.uuid = coalesce(users.contact_uuid, sender.contact_uuid)
left join {{ ref('person') }} as person on person.uuid = contact.uuid
left join {{ ref('dashboard_area') }} as area on area.uuid = contact.parent_uuid
left join household on household.area_uuid = contact.parent_uuid
where (users.is_health_worker or users.contact_uuid is null)
  and contact.muted is null
