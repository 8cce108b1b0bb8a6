{#- What the dataemon has written down, if one has been here. -#}
{%- set dataemon = cht_pipeline.table_if_there(target.schema, 'dataemon_model') %}

select
  watermark.model,
  coalesce(dataemon.status, 'not followed') as status,
  watermark.saved_timestamp as reached,
  behind.documents as documents_behind,
  behind.seconds as seconds_behind,
  dataemon.succeeded_at,
  dataemon.failing_since,
  coalesce(dataemon.tries, 0) as tries,
  case when dataemon.failing_since is not null then left(dataemon.error, 1000) end as error
from {{ cht_pipeline.watermark_table() }} as watermark
left join
  {%- if dataemon %} (
    select distinct on (relation) relation, status, succeeded_at, failing_since, tries, error
    from {{ dataemon }}
    where schema_name = {{ cht_pipeline.literals([target.schema]) }}
    order by relation, failing_since nulls last, succeeded_at desc
  )
  {%- else %} (
    select
      null::text as relation, null::text as status, null::timestamptz as succeeded_at, null::timestamptz as failing_since,
      null::integer as tries, null::text as error
    where false
  )
  {%- endif %} as dataemon on dataemon.relation = watermark.model
cross join lateral (
  -- More than these are not counted.
  select
    count(*) as documents,
    coalesce(greatest(0, round(extract(epoch from (now() at time zone 'UTC') - min(waiting.saved_timestamp)))), 0)::bigint as seconds
  from (
    select couchdb.saved_timestamp
    from {{ source('couchdb', env_var('POSTGRES_TABLE', 'couchdb')) }} as couchdb
    where couchdb.saved_timestamp > watermark.saved_timestamp
    order by couchdb.saved_timestamp
    limit 10000
  ) as waiting
) as behind
