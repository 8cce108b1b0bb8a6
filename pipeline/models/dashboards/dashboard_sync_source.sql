{#-
  The tables of couch2pg are no sources in dbt's sense: that they have changed is no reason for a run. A package may be run on
  tables that an older CHT Sync has made, without some of the columns.
-#}
{%- set schema = source('couchdb', env_var('POSTGRES_TABLE', 'couchdb')).schema %}
{%- set progress = cht_pipeline.table_if_there(schema, 'couchdb_progress') %}
{%- set rejected = cht_pipeline.table_if_there(schema, 'couchdb_rejected') %}
{%- set verify = cht_pipeline.table_if_there(schema, 'couchdb_verify') %}
{%- set names = adapter.get_columns_in_relation(progress) | map(attribute='name') | list if progress else [] %}

select
  progress.source::text as source,
  split_part(progress.source, '/', 1) as instance,
  substring(progress.source from '/(.*)') as dbname,
  {{ 'progress.state' if 'state' in names else 'null::text' }} as state,
  progress.pending::bigint as pending,
  progress.updated_at,
  round(extract(epoch from now() - progress.updated_at))::bigint as seconds_since_update,
  coalesce(rejected.documents, 0) as rejected,
  {{ 'progress.error_code' if 'error_code' in names else 'null::text' }} as error_code,
  {{ 'progress.error' if 'error' in names else 'null::text' }} as error,
  verify.ended_at as verified_at,
  verify.compared as verified_documents,
  verify.remaining as verified_differences
from
  {%- if progress %} {{ progress }}
  {%- else %} (select null::text as source, null::bigint as pending, null::timestamptz as updated_at where false)
  {%- endif %} as progress
left join
  {%- if rejected %} (select source, count(*) as documents from {{ rejected }} group by source)
  {%- else %} (select null::text as source, null::bigint as documents where false)
  {%- endif %} as rejected on rejected.source = progress.source
left join
  {%- if verify %} {{ verify }}
  {%- else %} (select null::text as source, null::timestamptz as ended_at, null::bigint as compared, null::bigint as remaining where false)
  {%- endif %} as verify on verify.source = progress.source
