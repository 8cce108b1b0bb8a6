{{
  config(
    unique_key='id',
    tags=['user'],
    indexes=[
      {'columns': ['id'], 'unique': true},
      {'columns': ['uuid']},
      {'columns': ['saved_timestamp']},
      {'columns': ['metric', 'period_start']},
    ],
    meta={
      'changes': 'document_metadata',
      'changes_where': {'column': 'doc_type', 'values': ['telemetry']},
      'changed_by': 'uuid',
      'looks_beside': false,
    },
  )
}}

select
  document_metadata.uuid || ':' || metric.name as id,
  document_metadata.uuid,
  document_metadata.saved_timestamp,
  {{ cht_pipeline.telemetry_period('doc.metadata') }} as period_start,
  doc.metadata ->> 'user' as user_name,
  metric.name as metric,
  {{ cht_pipeline.number_of("metric.value ->> 'min'") }}::double precision as min,
  {{ cht_pipeline.number_of("metric.value ->> 'max'") }}::double precision as max,
  {{ cht_pipeline.number_of("metric.value ->> 'sum'") }}::double precision as sum,
  {{ cht_pipeline.number_of("metric.value ->> 'count'") }}::double precision as count,
  {{ cht_pipeline.number_of("metric.value ->> 'sumsqr'") }}::double precision as sumsqr,
  document_metadata.instance,
  document_metadata.dbname
from {{ ref('document_metadata') }} as document_metadata
join {{ source('couchdb', env_var('POSTGRES_TABLE', 'couchdb')) }} as couchdb on couchdb._id = document_metadata.uuid
cross join lateral jsonb_to_record(couchdb.doc) as doc (
  type text,
  metadata jsonb,
  metrics jsonb
)
cross join lateral jsonb_each(case when jsonb_typeof(doc.metrics) = 'object' then doc.metrics end) as metric (name, value)
where document_metadata.doc_type = 'telemetry'
  and couchdb._deleted is not true
  and doc.type = 'telemetry'
  and octet_length(metric.name) <= 500
  and {{ cht_pipeline.changed('document_metadata.saved_timestamp') }}
