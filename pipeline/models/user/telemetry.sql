{{ cht_pipeline.configure_telemetry() }}

select
  document_metadata.uuid,
  document_metadata.saved_timestamp,
  {{ cht_pipeline.telemetry_period('doc.metadata') }} as period_start,
  doc.metadata ->> 'user' as user_name,
  doc.metadata #>> '{versions,app}' as app_version,
  doc.metrics #>> '{boot_time,min}' as boot_time_min,
  doc.metrics #>> '{boot_time,max}' as boot_time_max,
  doc.metrics #>> '{boot_time,count}' as boot_time_count,
  doc."dbInfo" ->> 'doc_count' as doc_count_on_local_db,
  document_metadata.instance,
  document_metadata.dbname
from {{ ref('document_metadata') }} as document_metadata
join {{ source('couchdb', env_var('POSTGRES_TABLE', 'couchdb')) }} as couchdb on couchdb._id = document_metadata.uuid
cross join lateral jsonb_to_record(couchdb.doc) as doc (
  type text,
  metadata jsonb,
  metrics jsonb,
  "dbInfo" jsonb
)
where document_metadata.doc_type = 'telemetry'
  and couchdb._deleted is not true
  and doc.type = 'telemetry'
  and {{ cht_pipeline.changed('document_metadata.saved_timestamp') }}
