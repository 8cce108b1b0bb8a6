{# What the two models of telemetry documents share. #}

{% macro configure_telemetry() -%}
  {{
    config(
      unique_key='uuid',
      tags=['user'],
      indexes=[
        {'columns': ['uuid'], 'unique': true},
        {'columns': ['saved_timestamp']},
        {'columns': ['period_start']},
      ],
      meta={
        'changes': 'document_metadata',
        'changes_where': {'column': 'doc_type', 'values': ['telemetry']},
        'looks_beside': false,
      },
    )
  }}
{%- endmacro %}

{#-
  The day a telemetry document is about, as a timestamp in UTC. Those of whole months have no day. Before version 3.8.0, the
  app counted months from 0.
-#}
{% macro telemetry_period(metadata) -%}
  (
    select
      case
        when year between 1000 and 9999 and month between 1 and 12 and day between 1 and 31
        then {{ cht_pipeline.timestamp_of("concat(year, '-', lpad(month::text, 2, '0'), '-', lpad(day::text, 2, '0'))") }}
      end
    from (
      select
        {{ cht_pipeline.integer_of(metadata ~ " ->> 'year'") }} as year,
        {{ cht_pipeline.integer_of(metadata ~ " ->> 'month'") }}
          + case when {{ metadata }} #>> '{versions,app}' ~ '^v?(?:[0-2][.]|3[.][0-7](?![0-9]))' then 1 else 0 end as month,
        case when {{ metadata }} ->> 'day' ~ '\S' then {{ cht_pipeline.integer_of(metadata ~ " ->> 'day'") }} else 1 end as day
    ) as part
  )
{%- endmacro %}
