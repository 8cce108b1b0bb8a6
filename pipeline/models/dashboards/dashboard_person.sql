{{ config(sql_header=cht_pipeline.dashboard_settings()) }}

select
  person.uuid,
  case lower(person.sex) when 'female' then 'female' when 'f' then 'female' when 'male' then 'male' when 'm' then 'male' end as sex,
  person.date_of_birth,
  age.years as age_years,
  -- There is nothing before the first, for who is born in the future.
  (array[
    {%- for first in range(0, 80, 5) %}'{{ '%02d-%02d' % (first, first + 4) }}', {% endfor %}'80+'
  ])[least((age.years + 500) / 5 - 99, 17)] as age_group,
  contact.reported as registered,
  household.uuid as household_uuid,
  area.health_worker_uuid,
  area.health_worker,
  household.parent_uuid as area_uuid,
  area.area,
  area.health_centre,
  area.district,
  person.instance
from {{ ref('person') }} as person
join {{ ref('contact') }} as contact on contact.uuid = person.uuid
join {{ ref('contact') }} as household on household.uuid = contact.parent_uuid
left join {{ ref('dashboard_area') }} as area on area.uuid = household.parent_uuid
cross join lateral (
  select date_part('year', age(current_date::timestamp, person.date_of_birth::timestamp))::integer as years
) as age
where contact.muted is null
  and household.muted is null
  and {{ cht_pipeline.is_household('household.contact_type') }}
