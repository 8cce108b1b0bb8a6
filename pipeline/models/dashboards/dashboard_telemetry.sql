select
  telemetry.uuid,
  telemetry.period_start,
  telemetry.user_name,
  telemetry.app_version,
  nullif(concat_ws(' ', nullif(device.device_manufacturer, ''), nullif(device.device_model, '')), '') as device,
  nullif(device.android_version, '') as android_version,
  nullif(device.cht_android_version, '') as cht_android_version,
  {{ cht_pipeline.number_of('device.storage_free') }}::double precision / 1e9 as storage_free_gb,
  {{ cht_pipeline.number_of('device.storage_total') }}::double precision / 1e9 as storage_total_gb,
  {{ cht_pipeline.number_of('telemetry.doc_count_on_local_db') }}::double precision as documents_on_device,
  metric.boots,
  metric.boot_seconds,
  metric.searches,
  metric.search_seconds,
  metric.slowest_search_seconds,
  metric.satisfied,
  metric.tolerable,
  metric.frustrated,
  metric.replications_failed,
  app_user.health_worker,
  app_user.area,
  app_user.health_centre,
  app_user.district,
  telemetry.instance
from {{ ref('telemetry') }} as telemetry
left join {{ ref('telemetry_devices') }} as device on device.uuid = telemetry.uuid
left join (
  select
    uuid,
    sum(count) filter (where metric = 'boot_time') as boots,
    sum(sum) filter (where metric = 'boot_time') / 1000 as boot_seconds,
    sum(count) filter (where metric like 'search:%') as searches,
    sum(sum) filter (where metric like 'search:%') / 1000 as search_seconds,
    max(max) filter (where metric like 'search:%') / 1000 as slowest_search_seconds,
    sum(count) filter (where metric = 'apdex:satisfied') as satisfied,
    sum(count) filter (where metric = 'apdex:tolerable') as tolerable,
    sum(count) filter (where metric = 'apdex:frustrated') as frustrated,
    sum(count) filter (where metric like 'replication:%:failure:reason:%') as replications_failed
  from {{ ref('telemetry_metrics') }}
  where metric in ('boot_time', 'apdex:satisfied', 'apdex:tolerable', 'apdex:frustrated')
    or metric like 'search:%'
    or metric like 'replication:%:failure:reason:%'
  group by uuid
) as metric on metric.uuid = telemetry.uuid
left join {{ ref('dashboard_user') }} as app_user
  on app_user.user_name = telemetry.user_name and app_user.instance = coalesce(telemetry.instance, '')
