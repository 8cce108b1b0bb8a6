select
  data_record.uuid,
  data_record.reported,
  data_record.form,
  form.title as form_title,
  form.kind,
  data_record.contact_uuid as health_worker_uuid,
  {{ cht_pipeline.name_of('health_worker') }} as health_worker,
  data_record.parent_uuid as area_uuid,
  area.area,
  area.health_centre,
  area.district,
  data_record.instance
from {{ ref('data_record') }} as data_record
left join {{ ref('dashboard_form') }} as form on form.form = data_record.form
left join {{ ref('contact') }} as health_worker on health_worker.uuid = data_record.contact_uuid
left join {{ ref('dashboard_area') }} as area on area.uuid = data_record.parent_uuid
