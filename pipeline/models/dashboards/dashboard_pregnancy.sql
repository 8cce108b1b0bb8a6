with reported as (
  select
    data_record.uuid,
    data_record.reported,
    form.kind,
    coalesce(by_uuid.uuid, by_patient_id.uuid, data_record.patient_id) as patient_uuid,
    data_record.contact_uuid,
    data_record.parent_uuid,
    data_record.instance
  from {{ ref('data_record') }} as data_record
  join {{ ref('dashboard_form') }} as form on form.form = data_record.form
  left join {{ ref('person') }} as by_uuid on by_uuid.uuid = data_record.patient_id
  left join {{ ref('person') }} as by_patient_id
    on by_patient_id.patient_id = data_record.patient_id
    and coalesce(by_patient_id.instance, '') = coalesce(data_record.instance, '')
  where form.kind in ('pregnancy', 'delivery')
)

select
  pregnancy.uuid,
  pregnancy.reported as registered,
  pregnancy.patient_uuid,
  min(delivery.reported) as delivered,
  case
    when min(delivery.reported) is not null then 'delivered'
    when pregnancy.reported > now() - interval '280 days' then 'current'
    else 'outcome not reported'
  end as state,
  pregnancy.contact_uuid as health_worker_uuid,
  {{ cht_pipeline.name_of('health_worker') }} as health_worker,
  pregnancy.parent_uuid as area_uuid,
  area.area,
  area.health_centre,
  area.district,
  pregnancy.instance
from reported as pregnancy
left join reported as delivery
  on delivery.kind = 'delivery'
  and delivery.patient_uuid = pregnancy.patient_uuid
  and delivery.reported between pregnancy.reported and pregnancy.reported + interval '300 days'
left join {{ ref('contact') }} as health_worker on health_worker.uuid = pregnancy.contact_uuid
left join {{ ref('dashboard_area') }} as area on area.uuid = pregnancy.parent_uuid
where pregnancy.kind = 'pregnancy'
group by
  pregnancy.uuid, pregnancy.reported, pregnancy.patient_uuid, pregnancy.contact_uuid, pregnancy.parent_uuid, pregnancy.instance,
  health_worker.uuid, health_worker.name, area.area, area.health_centre, area.district
