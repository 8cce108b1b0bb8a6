{# Models of forms. The columns that users give are SQL over the aliases `data_record` and `couchdb`. #}

{% macro cht_form_model(form_name, form_columns, form_indexes=[], with_fields=false) -%}
  {{ cht_pipeline.cht_form_multi([{'form_name': form_name, 'form_columns': form_columns}], form_indexes, with_fields) }}
{%- endmacro %}

{% macro cht_form_multi(forms, form_indexes=[], with_fields=false) -%}
  {%- set names = forms | map(attribute='form_name') | list -%}
  {%- if names | unique | list | length < names | length -%}
    {%- do exceptions.raise_compiler_error('cht_form_multi: a form is named twice in ' ~ names | join(', ')) -%}
  {%- endif -%}
  {{
    cht_pipeline.keep_up_with(
      'data_record', cht_pipeline.data_record_indexes() + form_indexes, where={'column': 'form', 'values': names}
    )
  }}
  {%- for form in forms %}
  {{ 'union all' if not loop.first }}
  select
    {{ cht_pipeline.data_record_columns() }}
    {{- cht_pipeline.and_columns(form.form_columns) }}
  {{ cht_pipeline.data_record_join(form.form_name, with_fields) }}
  {%- endfor %}
{%- endmacro %}

{% macro data_record_columns() -%}
  data_record.uuid,
  data_record.saved_timestamp,
  data_record.contact_uuid as reported_by,
  data_record.parent_uuid as reported_by_parent,
  data_record.reported
{%- endmacro %}

{% macro data_record_indexes() %}
  {% do return([
    {'columns': ['uuid']},
    {'columns': ['saved_timestamp']},
    {'columns': ['reported_by']},
    {'columns': ['reported_by_parent']},
    {'columns': ['reported']},
  ]) %}
{% endmacro %}

{#-
  In a model of the user's own, which has a watermark of its own kind, the rows that are newer than the model: each
  saved_timestamp is another one, and they become visible in its order.

  with_fields: whether there is an alias `report`, too, whose `fields` are those of the document. PostgreSQL unpacks a whole
    document for each `couchdb.doc #>> '{fields,a}'`, and once for all `report.fields #>> '{a}'`.
-#}
{% macro data_record_join(form_name, with_fields=false) -%}
  from {{ ref('data_record') }} as data_record
  join {{ cht_pipeline.documents() }} as couchdb on couchdb._id = data_record.uuid
  {%- if with_fields %}
  cross join lateral (select couchdb.doc -> 'fields' as fields offset 0) as report
  {%- endif %}
  where data_record.form = {{ cht_pipeline.literals([form_name]) }}
    -- The document may have been deleted since data_record ran.
    and couchdb._deleted is not true
  {%- if cht_pipeline.keeps_up() %}
    and {{ cht_pipeline.changed('data_record.saved_timestamp') }}
  {%- elif is_incremental() %}
    and data_record.saved_timestamp > {{ cht_pipeline.max_existing_timestamp('saved_timestamp') }}
  {%- endif %}
{%- endmacro %}
