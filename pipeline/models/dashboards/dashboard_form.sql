{{ config(sql_header=cht_pipeline.dashboard_settings()) }}

{#- All is grouped by the form: so PostgreSQL knows that there is one row for each, and leaves this out where nothing of it is asked for. -#}
{%- set name = "replace(seen.form, '_', ' ')" %}

select
  seen.form,
  upper(left({{ name }}, 1)) || substr({{ name }}, 2) as title,
  case
    when {{ cht_pipeline.is_dashboard_name('pregnancy_forms', 'seen.form') }} then 'pregnancy'
    when {{ cht_pipeline.is_dashboard_name('delivery_forms', 'seen.form') }} then 'delivery'
    when {{ cht_pipeline.is_dashboard_name('visit_forms', 'seen.form') }} then 'visit'
    else 'other'
  end as kind
from (
  -- One entry of the index a form, however many reports there are.
  with recursive seen as (
    select min(data_record.form) as form from {{ ref('data_record') }} as data_record
    union all
    select (select min(data_record.form) from {{ ref('data_record') }} as data_record where data_record.form > seen.form)
    from seen
    where seen.form is not null
  )
  select seen.form from seen where seen.form is not null
) as seen
group by seen.form
