{{ config(sql_header=cht_pipeline.dashboard_settings()) }}

-- One entry of the index a form, however many reports there are.
select
  form.form,
  upper(left(name.text, 1)) || substr(name.text, 2) as title,
  case
    when {{ cht_pipeline.is_dashboard_name('pregnancy_forms', 'form.form') }} then 'pregnancy'
    when {{ cht_pipeline.is_dashboard_name('delivery_forms', 'form.form') }} then 'delivery'
    when {{ cht_pipeline.is_dashboard_name('visit_forms', 'form.form') }} then 'visit'
    else 'other'
  end as kind
from (
  with recursive seen as (
    select min(data_record.form) as form from {{ ref('data_record') }} as data_record
    union all
    select (select min(data_record.form) from {{ ref('data_record') }} as data_record where data_record.form > seen.form)
    from seen
    where seen.form is not null
  )
  select seen.form from seen where seen.form is not null group by seen.form
) as form
cross join lateral (select replace(form.form, '_', ' ') as text) as name
