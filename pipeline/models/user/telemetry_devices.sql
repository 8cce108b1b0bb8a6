{{ cht_pipeline.configure_telemetry() }}

select
  document_metadata.uuid,
  document_metadata.saved_timestamp,
  {{ cht_pipeline.telemetry_period('doc.metadata') }} as period_start,
  doc.device #>> '{deviceInfo,hardware,manufacturer}' as device_manufacturer,
  doc.device #>> '{deviceInfo,hardware,model}' as device_model,
  doc.device ->> 'userAgent' as user_agent,
  doc.device #>> '{deviceInfo,app,version}' as cht_android_version,
  doc.device #>> '{deviceInfo,software,androidVersion}' as android_version,
  doc.device #>> '{deviceInfo,storage,free}' as storage_free,
  doc.device #>> '{deviceInfo,storage,total}' as storage_total,
  doc.device #>> '{deviceInfo,network,upSpeed}' as network_up_speed,
  doc.device #>> '{deviceInfo,network,downSpeed}' as network_down_speed,
  document_metadata.instance,
  document_metadata.dbname
from {{ ref('document_metadata') }} as document_metadata
join {{ source('couchdb', env_var('POSTGRES_TABLE', 'couchdb')) }} as couchdb on couchdb._id = document_metadata.uuid
cross join lateral jsonb_to_record(couchdb.doc) as doc (
  type text,
  metadata jsonb,
  device jsonb
)
where document_metadata.doc_type = 'telemetry'
  and couchdb._deleted is not true
  and doc.type = 'telemetry'
  and {{ cht_pipeline.changed('document_metadata.saved_timestamp') }}
